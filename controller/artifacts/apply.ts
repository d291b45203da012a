// Many documents at once: all of them are checked before any is stored, so bad input stores nothing (I7). Breeds are stored
// before the workflows that may refer to them; deletions go the other way.
import { type Artifact, type ArtifactKind, type ArtifactName, parseArtifact } from "../../model/artifact.ts";
import type { Breed } from "../../model/breed.ts";
import type { Document } from "../../model/documents.ts";
import { outreachProblems } from "../../model/outreach.ts";
import type { Parsed, Problem } from "../../model/problem.ts";
import { scheduleKind } from "../../model/schedule.ts";
import type { Workflow } from "../../model/workflow.ts";
import type { Breeds } from "./breeds.ts";
import type { KnownSecrets } from "../secrets/missing.ts";
import type { LockedPackages } from "../packages/lock.ts";
import { type LockPackages, lockNamed } from "./named-packages.ts";
import { breedSecretProblems, workflowSecretProblems } from "./named-secrets.ts";
import type { SaveOptions, SaveResult } from "./step.ts";
import type { Workflows } from "./workflows.ts";

export type Artifacts = {
  readonly breeds: Breeds;
  readonly workflows: Workflows;
  /** Without them, breeds cannot name npm packages. */
  readonly packages?: { readonly lock: LockPackages } | undefined;
} & Allowance &
  Secrets;

/** Whether images may be privileged here. They may not when it is left out. */
export type Allowance = { readonly allowsPrivileged?: boolean | undefined };

/** The secrets that may be named. None when it is left out. */
type Secrets = { readonly secrets?: KnownSecrets | undefined };

/** What documents may refer to. */
export type KnownBreeds = { readonly breeds: { get(name: string): { readonly artifact: Breed } | null } } & Allowance &
  Secrets;

export type Applied = SaveResult & ArtifactName;

/** What the address says of the documents: their kind and name, null where each document must say it itself. */
export type Address = { readonly kind: ArtifactKind | null; readonly name: string | null };

/** Every document as an artifact that can be stored, or every problem of all of them. */
export function checkArtifacts(
  documents: readonly Document[],
  address: Address,
  stored: KnownBreeds,
): Parsed<Artifact[]> {
  const problems: Problem[] = [];
  const found: { readonly artifact: Artifact; readonly at: string }[] = [];
  for (const document of documents) {
    const parsed = parseArtifact(document.value, { at: document.path, ...address });
    if (parsed.ok) found.push({ artifact: parsed.value, at: document.path });
    else problems.push(...parsed.problems);
  }
  const together = new Set<string>();
  const inBatch = new Map<string, Breed>();
  for (const { artifact, at } of found) {
    const key = `${artifact.kind} "${artifact.name}"`;
    if (together.has(key))
      problems.push({
        path: joined(at, "name"),
        expected: "each artifact once",
        got: `${key} twice`,
        fix: "remove one of them",
      });
    together.add(key);
    if (artifact.kind === "breed") inBatch.set(artifact.name, artifact.breed);
  }
  for (const { artifact, at } of found) {
    problems.push(...refusedArguments(artifact, at, inBatch, stored), ...secretProblems(artifact, at, inBatch, stored));
    if (artifact.kind !== "workflow") continue;
    const breed = breedOf(artifact.workflow, inBatch, stored.breeds);
    const problem =
      breed === null ? unknownBreed(artifact.workflow, at) : imageOnSchedule(artifact.workflow, breed, at);
    if (problem) problems.push(problem);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: found.map(({ artifact }) => artifact) };
}

type Saving = Pick<SaveOptions, "condition" | "guard"> & {
  /** npm packages are to be the newest that fit, also where the ranges did not change. */
  readonly newestPackages?: boolean;
  /** The npm packages, where they are known already. */
  readonly locked?: ReadonlyMap<Artifact, LockedPackages>;
};

/** A condition goes with a single artifact. Rejects with ConditionFailed, PackagesProblem or NpmUnavailable. */
export async function saveArtifacts(
  artifacts: readonly Artifact[],
  stored: Artifacts,
  by: string,
  { condition = null, guard = null, newestPackages: newest = false, ...known }: Saving = {},
): Promise<Applied[]> {
  const locked = known.locked ?? (await lockNamed(artifacts, stored, { newest }));
  const results: Applied[] = [];
  for (const artifact of inSavingOrder(artifacts)) {
    const packages = locked.get(artifact);
    const saved =
      artifact.kind === "breed"
        ? await stored.breeds.save(artifact.breed, by, { condition, packages })
        : await stored.workflows.save(artifact.workflow, artifact.status, by, { condition, guard, packages });
    results.push({ kind: artifact.kind, name: artifact.name, ...saved });
  }
  return results;
}

export function inSavingOrder(artifacts: readonly Artifact[]): Artifact[] {
  return artifacts.toSorted((a, b) => Number(a.kind === "workflow") - Number(b.kind === "workflow"));
}

export function inRemovingOrder(names: readonly ArtifactName[]): ArtifactName[] {
  return names.toSorted((a, b) => Number(a.kind === "breed") - Number(b.kind === "breed"));
}

/** Names that do not exist are passed over: deleting is idempotent. */
export async function removeArtifacts(
  names: readonly ArtifactName[],
  stored: Artifacts,
  by: string,
): Promise<Applied[]> {
  const results: Applied[] = [];
  for (const { kind, name } of inRemovingOrder(names)) {
    const removed = await (kind === "breed" ? stored.breeds : stored.workflows).remove(name, by);
    if (removed) results.push({ kind, name, ...removed });
  }
  return results;
}

/** What the workflow will run: its own breed, one that is stored along with it, or the stored one. */
function breedOf(
  { breed }: Workflow,
  inBatch: ReadonlyMap<string, Breed>,
  stored: KnownBreeds["breeds"],
): Breed | null {
  if (!("reference" in breed)) return breed;
  return inBatch.get(breed.reference) ?? stored.get(breed.reference)?.artifact ?? null;
}

function unknownBreed({ breed }: Workflow, at: string): Problem {
  return {
    path: joined(at, "breed"),
    expected: "the name of a stored breed",
    got: `"${"reference" in breed ? breed.reference : breed.name}"`,
    fix: "apply the breed first, in the same file, or write it inside the workflow",
  };
}

/** A workflow's own breed as well; what a stored one says was checked when that was saved. */
function refusedArguments(
  artifact: Artifact,
  at: string,
  inBatch: ReadonlyMap<string, Breed>,
  stored: KnownBreeds,
): readonly Problem[] {
  const { allowsPrivileged = false } = stored;
  const check = (list: Breed["arguments"], path: string, breed: Breed | null): readonly Problem[] =>
    outreachProblems(list, joined(at, path), {
      isImage: breed?.deployable.type === "container/docker",
      allowsPrivileged,
    });
  if (artifact.kind === "breed") return check(artifact.breed.arguments, "arguments", artifact.breed);
  const { workflow } = artifact;
  const own = "reference" in workflow.breed ? null : workflow.breed;
  return [
    ...check(workflow.arguments, "arguments", breedOf(workflow, inBatch, stored.breeds)),
    ...(own ? check(own.arguments, "breed.arguments", own) : []),
  ];
}

/** A breed of the same request is looked at by itself. */
function secretProblems(
  artifact: Artifact,
  at: string,
  inBatch: ReadonlyMap<string, Breed>,
  { breeds, secrets = { get: () => null } }: KnownBreeds,
): readonly Problem[] {
  if (artifact.kind === "breed") return breedSecretProblems(artifact.breed, secrets, at);
  const { workflow } = artifact;
  const breed = breedOf(workflow, inBatch, breeds);
  if (breed === null) return [];
  const withBreed = !("reference" in workflow.breed && inBatch.has(workflow.breed.reference));
  return workflowSecretProblems(workflow, breed, { secrets, withBreed }, at);
}

/** An image has no runner that would take runs from a queue. */
function imageOnSchedule({ schedule }: Workflow, { name, deployable }: Breed, at: string): Problem | null {
  const kind = scheduleKind(schedule);
  if (deployable.type !== "container/docker" || kind === "daemon") return null;
  return {
    path: joined(at, "schedule"),
    expected: `"daemon", as the breed "${name}" is a container image, and images run as daemons only so far`,
    got: `"${kind}"`,
    fix: 'write "schedule: daemon", or make the breed a script',
  };
}

function joined(at: string, field: string): string {
  return at === "" ? field : `${at}.${field}`;
}
