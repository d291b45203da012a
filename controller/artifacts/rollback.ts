// Brings an earlier revision back: a new revision with its content, checked and announced as any other save. Works for what has
// been deleted, too.
//
//   B1. It is a save: a workflow that comes back runs with the newest revision of its breed, as every saved workflow does. A breed
//       that has changed since is said, and is brought back by a rollback of its own.
//   B2. A workflow keeps its present status; a deleted one comes back with the status that it had in that revision.
import { isDeepStrictEqual } from "node:util";
import { type Artifact, type ArtifactName, parseArtifact } from "../../model/artifact.ts";
import type { Parsed, Problem } from "../../model/problem.ts";
import type { LockedPackages } from "../packages/lock.ts";
import { type Applied, type Artifacts, checkArtifacts } from "./apply.ts";
import type { LiveWorkflow } from "./entry.ts";
import { type Kept, breedRevisionOf } from "./revisions.ts";
import type { SaveOptions } from "./step.ts";
import { notTakenUp } from "./taken-up.ts";

type RolledBack = Applied & { readonly warnings: readonly string[] };

/** The document of a revision as it may be saved now, or every reason why it may not. */
export function checkRevision({ kind, name }: ArtifactName, { first }: Kept, stored: Artifacts): Parsed<Artifact> {
  const breed = first.artifact?.kind === "workflow" ? first.artifact.breed : null;
  if (breed !== null && "reference" in breed && stored.breeds.get(breed.reference) === null)
    return { ok: false, problems: [breedIsGone(breed.reference, first.revision)] };
  const checked = checkArtifacts([{ path: "", value: first.artifact }], { kind, name }, stored);
  return checked.ok ? parseArtifact(first.artifact, { at: "", kind, name }) : checked;
}

/** Rejects with ConditionFailed. */
export async function rollBack(
  artifact: Artifact,
  { first, last }: Kept,
  stored: Artifacts,
  { by, condition, guard = null }: { readonly by: string } & Pick<SaveOptions, "condition" | "guard">,
): Promise<RolledBack> {
  const { kind, name } = artifact;
  const options: SaveOptions = {
    condition: condition ?? null,
    guard,
    restores: first.revision,
    packages: packagesOf(first),
  };
  if (artifact.kind === "breed") {
    const saved = await stored.breeds.save(artifact.breed, by, options);
    const workflows = new Map(stored.workflows.list().map((one) => [one.artifact.name, one.artifact]));
    return notTakenUp([{ kind, name, ...saved }], workflows)[0] as RolledBack;
  }
  const statusIfNew = "status" in last ? last.status : "running";
  const saved = await stored.workflows.save(artifact.workflow, null, by, { ...options, statusIfNew });
  const entry = stored.workflows.get(name);
  return { kind, name, ...saved, warnings: entry ? breedSince(entry, { first, last }) : [] };
}

/** With the versions that it had. */
function packagesOf(entry: Kept["first"]): LockedPackages | undefined {
  return "deployment" in entry ? entry.deployment?.packages : "packages" in entry ? entry.packages : undefined;
}

function breedSince({ artifact, deployment }: LiveWorkflow, { first, last }: Kept): string[] {
  const before = breedRevisionOf(last);
  const now = deployment.breedRevision;
  if (!("reference" in artifact.breed) || before === null || now === null) return [];
  if ("deployment" in last && isDeepStrictEqual(last.deployment?.breed, deployment.breed)) return [];
  const { reference } = artifact.breed;
  return [
    `revision ${first.revision} ran with revision ${before} of breed ${reference}, now it runs with revision ${now}; ` +
      `to have that back as well: drover rollback breed ${reference} v${before}, then drover restart ${artifact.name}`,
  ];
}

function breedIsGone(name: string, revision: number): Problem {
  return {
    path: "breed",
    expected: `the breed "${name}", with which revision ${revision} ran`,
    got: "no such breed any more",
    fix: `bring it back first: drover history breed ${name}, then drover rollback breed ${name} VERSION`,
  };
}
