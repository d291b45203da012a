// What goes into a bundle besides images: documents as they would be applied, and what their npm packages came to.
import type { ArtifactKind } from "../../model/artifact.ts";
import type { Breed } from "../../model/breed.ts";
import { type Problem, accepted, refused, type Parsed } from "../../model/problem.ts";
import { isObject } from "../../model/reader.ts";
import type { Artifacts } from "../artifacts/apply.ts";
import { type LockedPackages, lockTextOf } from "../packages/lock.ts";

/** Null: all. */
export type Selection = { readonly breeds: readonly string[] | null; readonly workflows: readonly string[] | null };

export type BundledDocument = {
  readonly document: Readonly<Record<string, unknown>> & { readonly kind: ArtifactKind; readonly name: string };
  readonly packages: LockedPackages | null;
};

/** Everything selected, with the breeds that selected workflows refer to. */
export function selectContents(selection: Selection, { breeds, workflows }: Artifacts): Parsed<BundledDocument[]> {
  const { breeds: breedNames, workflows: workflowNames } = selection;
  const all = breedNames === null && workflowNames === null;
  const chosenWorkflows = all ? workflows.list().map(({ artifact }) => artifact.name) : (workflowNames ?? []);
  const chosenBreeds = new Set(all ? breeds.list().map(({ artifact }) => artifact.name) : (breedNames ?? []));
  const problems: Problem[] = [];
  const documents: BundledDocument[] = [];
  for (const name of new Set(chosenWorkflows)) {
    const entry = workflows.get(name);
    if (entry === null) {
      problems.push(unknown("workflow", name));
      continue;
    }
    const { artifact, status, deployment } = entry;
    if ("reference" in artifact.breed) chosenBreeds.add(artifact.breed.reference);
    const packages = "reference" in artifact.breed ? null : (deployment.packages ?? null);
    documents.push({ document: { ...artifact, status }, packages });
  }
  for (const name of chosenBreeds) {
    const entry = breeds.get(name);
    if (entry === null) problems.push(unknown("breed", name));
    else documents.push({ document: entry.artifact, packages: entry.packages ?? null });
  }
  return problems.length > 0 ? refused(...problems) : accepted(documents);
}

/** References of the images that they run. */
export function imagesIn(documents: readonly BundledDocument[]): string[] {
  const breeds = documents.flatMap(({ document }): Breed[] => {
    if (document.kind === "breed") return [document as unknown as Breed];
    const { breed } = document as unknown as { breed: Breed | { reference: string } };
    return "reference" in breed ? [] : [breed];
  });
  const images = breeds.filter(({ deployable }) => deployable.type === "container/docker");
  return [...new Set(images.map(({ deployable }) => deployable.definition))];
}

/** From the text of a bundle. Null when it is something else. */
export function parseContents(text: string): BundledDocument[] | null {
  try {
    const raw: unknown = JSON.parse(text);
    return Array.isArray(raw) && raw.every(isBundled) ? raw : null;
  } catch {
    return null;
  }
}

function isBundled(raw: unknown): raw is BundledDocument {
  if (!isObject(raw) || !isObject(raw["document"])) return false;
  const { packages, document } = raw;
  if (typeof document["name"] !== "string" || (document["kind"] !== "breed" && document["kind"] !== "workflow"))
    return false;
  if (packages === null) return true;
  if (!isObject(packages) || typeof packages["id"] !== "string" || typeof packages["lock"] !== "string") return false;
  try {
    lockTextOf({ id: packages["id"], lock: packages["lock"] });
    return true;
  } catch {
    return false;
  }
}

function unknown(kind: ArtifactKind, name: string): Problem {
  const fix = `name one that drover get ${kind}s shows`;
  return { path: `${kind}s`, expected: `names of ${kind}s that exist`, got: `"${name}"`, fix };
}
