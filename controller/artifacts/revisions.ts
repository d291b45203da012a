// The history of one artifact: a row for each revision, newest first, deletions too.
//
//   R1. The bucket is the truth: it keeps the last entries of every name, and a revision that it has can be read and brought back.
//       Changes of status and restarts are entries without a revision of their own: they are part of the row.
//   R2. What is older is told by the archive events as far as they are kept, without its content. They tell as well what the oldest
//       kept revision changed. Without the index, the history reaches as far as the bucket does.
import type { ArtifactKind, ArtifactName } from "../../model/artifact.ts";
import { type Difference, differences } from "../../model/difference.ts";
import type { Event } from "../../model/event.ts";
import type { BreedEntry, WorkflowEntry } from "./entry.ts";
import type { Artifacts } from "./apply.ts";

type Entry = BreedEntry | WorkflowEntry;

export type Revision = {
  readonly revision: number;
  /** Null: not known any more. */
  readonly action: "create" | "update" | "delete" | null;
  readonly at: string;
  readonly by: string;
  /** Paths of what it changed in an artifact that was there; null: not known any more. */
  readonly changed: readonly string[] | null;
  /** The revision that it brought back. */
  readonly restores: number | null;
  /** Whether its content is still there, to be read, compared and brought back. */
  readonly kept: boolean;
  /** Of a workflow: the breed that it ran with last. Null for an inline one, and where that is not known any more. */
  readonly breedRevision?: number | null;
};

/** A revision of which the bucket has entries: the first has what was saved, the last what became of it. */
export type Kept = { readonly first: Entry; readonly last: Entry };

export type Found =
  | ({ readonly kind: "kept" } & Kept)
  | { readonly kind: "deletion"; readonly entry: Entry }
  /** Too old. */
  | { readonly kind: "gone"; readonly oldest: number }
  | { readonly kind: "never"; readonly newest: number };

/** Null when there never was such an artifact. */
export async function findRevision(
  { kind, name }: ArtifactName,
  revision: number,
  stored: Artifacts,
): Promise<Found | null> {
  const newest = standingOf({ kind, name }, stored)?.revision;
  if (newest === undefined) return null;
  let oldest: number | null = null;
  for await (const { first, last } of keptRevisions({ kind, name }, stored)) {
    oldest ??= first.revision;
    if (first.revision !== revision) continue;
    return first.artifact === null ? { kind: "deletion", entry: first } : { kind: "kept", first, last };
  }
  return revision > newest ? { kind: "never", newest } : { kind: "gone", oldest: oldest ?? newest };
}

/** Null when there never was such an artifact. `archived` finds the controller's archive events of it, newest first. */
export async function revisionsOf(
  { kind, name }: ArtifactName,
  stored: Artifacts,
  archived: () => Promise<readonly Event[]>,
): Promise<Revision[] | null> {
  if (standingOf({ kind, name }, stored) === null) return null;
  const rows: Revision[] = [];
  let before: Entry | null = null;
  for await (const { first, last } of keptRevisions({ kind, name }, stored)) {
    rows.push(rowOf(kind, before, { first, last }));
    before = first;
  }
  rows.reverse();
  const oldest = rows.at(-1);
  if (!oldest || oldest.revision === 1) return rows;
  const older: Revision[] = [];
  for (const event of await archived()) {
    const row = archivedRow(kind, event);
    if (row.revision === oldest.revision) rows.splice(-1, 1, { ...oldest, action: row.action, changed: row.changed });
    if (row.revision < (older.at(-1) ?? oldest).revision) older.push(row);
  }
  return [...rows, ...older];
}

export function standingOf({ kind, name }: ArtifactName, { breeds, workflows }: Artifacts): Entry | null {
  return kind === "breed" ? breeds.standing(name) : workflows.standing(name);
}

/** Oldest first. */
async function* keptRevisions({ kind, name }: ArtifactName, { breeds, workflows }: Artifacts): AsyncGenerator<Kept> {
  const entries: AsyncIterable<Entry> = kind === "breed" ? breeds.history(name) : workflows.history(name);
  let first: Entry | null = null;
  let last: Entry | null = null;
  for await (const entry of entries) {
    if (first && last && first.revision !== entry.revision) yield { first, last };
    if (first?.revision !== entry.revision) first = entry;
    last = entry;
  }
  if (first && last) yield { first, last };
}

function rowOf(kind: ArtifactKind, before: Entry | null, { first, last }: Kept): Revision {
  const { revision, savedAt, savedBy, artifact, restores = null } = first;
  const action = artifact === null ? "delete" : actionOn(before, revision);
  return {
    revision,
    action,
    at: savedAt,
    by: savedBy,
    changed: action === null ? null : action === "update" ? paths(differences(before?.artifact, artifact)) : [],
    restores,
    kept: artifact !== null,
    ...(kind === "workflow" && { breedRevision: breedRevisionOf(last) }),
  };
}

function actionOn(before: Entry | null, revision: number): "create" | "update" | null {
  if (before) return before.artifact === null ? "create" : "update";
  return revision === 1 ? "create" : null;
}

export function breedRevisionOf(entry: Entry): number | null {
  return "deployment" in entry ? (entry.deployment?.breedRevision ?? null) : null;
}

function archivedRow(kind: ArtifactKind, { tags, timestamp, value }: Event): Revision {
  const { revision, by, diff, restores } = value as {
    revision: number;
    by: string;
    diff: readonly Difference[];
    restores?: number;
  };
  const action = (["create", "update", "delete"] as const).find((one) => tags.includes(`archive:${one}`)) ?? null;
  return {
    revision,
    action,
    at: timestamp,
    by,
    changed: paths(diff),
    restores: restores ?? null,
    kept: false,
    ...(kind === "workflow" && { breedRevision: null }),
  };
}

function paths(diff: readonly Difference[]): string[] {
  return diff.map(({ path }) => path);
}
