// Finds changes that were stored but not recorded because the controller died in between, and records them now.
import type { KV } from "@nats-io/kv";
import type { EventPage, EventQuery } from "../events/index-store.ts";
import { type Archive, type Change, changeOf } from "./archive.ts";
import type { BreedEntry, WorkflowEntry } from "./entry.ts";

type Entry = BreedEntry | WorkflowEntry;

/** How far back changes are checked. */
const lookBackMs = 7 * 86_400_000;
/** Archive events of one artifact that are searched for its last revision. */
const eventsPerArtifactMax = 5;

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
    const { events } = await parts.query({ tags, type: "archive", page: 1, perPage: eventsPerArtifactMax });
    if (events.some((event) => (event.value as { revision?: number }).revision === entry.revision)) continue;
    await parts.archive.record(changeOf(kind, name, await predecessor(kv, name, entry.revision), entry));
    recorded++;
  }
  return recorded;
}

async function predecessor(kv: KV, name: string, revision: number): Promise<Entry | null> {
  let before: Entry | null = null;
  for await (const stored of await kv.history({ key: name })) {
    const entry = stored.json<Entry>();
    if (entry.revision < revision) before = entry;
  }
  return before;
}
