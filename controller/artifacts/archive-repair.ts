// Finds changes that were stored but not recorded because the controller died in between, and records them now.
import type { KV } from "@nats-io/kv";
import { kvHistory } from "../../bus/kv-history.ts";
import type { Event } from "../../model/event.ts";
import { type EventPage, type EventQuery, eventsOf } from "../events/questions.ts";
import { type Archive, type Change, changeOf } from "./archive.ts";
import type { BreedEntry, WorkflowEntry } from "./entry.ts";

type Entry = BreedEntry | WorkflowEntry;

/** How far back changes are checked. */
const lookBackMs = 7 * 86_400_000;
/** Archive events of one artifact that are searched for its last revision. */
const eventsPerArtifactMax = 1_000;

export async function recordMissedChanges(
  kind: Change["kind"],
  kv: KV,
  entries: readonly (readonly [name: string, entry: Entry])[],
  parts: { archive: Archive; query: (query: EventQuery) => Promise<EventPage>; nowMs: number },
): Promise<number> {
  let recorded = 0;
  for (const [name, entry] of entries) {
    if (parts.nowMs - Date.parse(entry.savedAt) > lookBackMs) continue;
    const tags = ["archive", `${kind}s:${name}`];
    const page = await parts.query({
      filter: { tags, type: "archive" },
      time: {},
      order: "newest",
      beyond: null,
      offset: 0,
      limit: eventsPerArtifactMax,
      count: "none",
    });
    if (eventsOf(page).some((event) => isRecordOf(event, entry.revision))) continue;
    await parts.archive.record(changeOf(kind, name, await predecessor(kv, name, entry.revision), entry));
    recorded++;
  }
  return recorded;
}

/** Anybody may emit an event of type `archive`; only the controller's own count. */
function isRecordOf(event: Event, revision: number): boolean {
  const value = event.value as { revision?: unknown } | null;
  return event.source === "/controller" && value?.revision === revision;
}

async function predecessor(kv: KV, name: string, revision: number): Promise<Entry | null> {
  let before: Entry | null = null;
  for await (const stored of kvHistory(kv, name)) {
    const entry = stored.json<Entry>();
    if (entry.revision < revision) before = entry;
  }
  return before;
}
