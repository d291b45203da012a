// What a writer believes of an artifact, so that nobody's change is overwritten unseen (If-Match and If-None-Match, RFC 9110).
//
//   C1. It is decided for the very entry that the write replaces (bucket.ts), so of two writers with one revision one wins.
import type { ArtifactKind } from "../../model/artifact.ts";
import type { Saved } from "./entry.ts";

export type Condition = {
  /** The artifact exists (`any`), in one of these revisions; null: whatever it is. */
  readonly match: "any" | readonly number[] | null;
  /** There is none of that name. */
  readonly absent: boolean;
};

/** What there is now: `deleted` in that revision, or none that was ever stored (null). */
type Standing = Pick<Saved, "revision" | "savedAt" | "savedBy"> & { readonly deleted: boolean };

/** Nothing was stored, as the writer believed something else of the artifact. */
export class ConditionFailed extends Error {
  constructor(what: string, standing: Standing | null, { absent }: Condition) {
    super(`${what} ${standingText(standing)}; nothing was changed; ${fixOf(standing, absent)}`);
  }
}

type Entry = Saved & { readonly artifact: unknown };

/** The check that `update` of a bucket takes; undefined without a condition. It throws ConditionFailed. */
export function checkOf(
  condition: Condition | null | undefined,
  kind: ArtifactKind | "secret",
  name: string,
): ((current: Entry | null) => void) | undefined {
  if (!condition) return undefined;
  return (current) => {
    if (!holds(condition, current)) throw new ConditionFailed(`${kind} "${name}"`, standingOf(current), condition);
  };
}

function holds({ match, absent }: Condition, current: Entry | null): boolean {
  const live = current !== null && current.artifact !== null ? current : null;
  if (absent && live !== null) return false;
  if (match === null) return true;
  return live !== null && (match === "any" || match.includes(live.revision));
}

function standingOf(current: Entry | null): Standing | null {
  if (current === null) return null;
  const { revision, savedAt, savedBy } = current;
  return { revision, savedAt, savedBy, deleted: current.artifact === null };
}

function standingText(standing: Standing | null): string {
  if (standing === null) return "does not exist";
  const { revision, savedAt, savedBy, deleted } = standing;
  return deleted
    ? `was deleted by ${savedBy} at ${savedAt}, as revision ${revision}`
    : `is at revision ${revision}, saved by ${savedBy} at ${savedAt}`;
}

function fixOf(standing: Standing | null, absent: boolean): string {
  if (standing === null || standing.deleted) return "to create it, ask without If-Match";
  return absent ? "to change it, ask without If-None-Match" : "read it again, and make the change to that";
}
