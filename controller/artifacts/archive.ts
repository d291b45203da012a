// Every stored change of an artifact is an event of type `archive`, tagged as Vamp tags it.
//
//   A1. The event's id comes from kind, name and revision: recording a change twice stores one event.
//   A2. The event is recorded after the change is stored. A controller that dies in between leaves it to archive-repair.ts,
//       which every start runs.
import type { Breed } from "../../model/breed.ts";
import type { Workflow } from "../../model/workflow.ts";
import type { AppendEvent } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import { type Difference, differences } from "../../model/difference.ts";
import type { Saved } from "./entry.ts";

type Artifact = Breed | Workflow;
type Entry = Saved & { readonly artifact: Artifact | null; readonly packages?: { readonly id: string } };

export type Change = {
  readonly kind: "breed" | "workflow";
  readonly name: string;
  readonly action: "create" | "update" | "delete";
  readonly revision: number;
  readonly at: string;
  readonly by: string;
  /** What changed, path by path. Empty for a create or delete: the artifact itself says it all. */
  readonly diff: readonly Difference[];
  /** A rollback to this revision. */
  readonly restores?: number;
};

export type Archive = { record(change: Change): Promise<void> };

export function createArchive(append: AppendEvent): Archive {
  return {
    async record(change) {
      const plural = `${change.kind}s`;
      const { kind, name, revision, by, diff, restores } = change;
      await append({
        id: eventId(change),
        source: "/controller",
        type: "archive",
        tags: [plural, `${plural}:${change.name}`, "archive", `archive:${change.action}`],
        value: { kind, name, revision, by, diff, ...(restores !== undefined && { restores }) },
        timestamp: change.at,
      });
    },
  };
}

/** Describes the step from one entry of an artifact to the next. */
export function changeOf(kind: Change["kind"], name: string, before: Entry | null, after: Entry): Change {
  const existed = before?.artifact ?? null;
  const action = after.artifact === null ? "delete" : existed === null ? "create" : "update";
  return {
    kind,
    name,
    action,
    revision: after.revision,
    at: after.savedAt,
    by: after.savedBy,
    diff: action === "update" ? [...differences(existed, after.artifact), ...packagesDiff(before, after)] : [],
    ...(after.restores !== undefined && { restores: after.restores }),
  };
}

/** Of breeds: newer versions in the same ranges of npm packages are a change, too. */
function packagesDiff(before: Entry | null, after: Entry): Difference[] {
  const [old, now] = [before?.packages?.id, after.packages?.id];
  return old === now ? [] : [{ path: "packages", before: old ?? null, after: now ?? null }];
}

function eventId({ kind, name, revision, at }: Change): string {
  return eventIdOf("archive", kind, name, String(revision), at);
}
