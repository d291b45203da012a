// Opens the file of the index for the stream as it is, or an empty one in its place: when it is damaged, or of another schema or
// stream. A stream that was restored from an older copy, or whose server lost its last messages, has the same name and day of
// birth, and other events under the same sequences.
import type { JetStreamManager } from "@nats-io/jetstream";
import { eventsStream, ownerOf } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { isUnusable, removeIndexFile } from "./index-file.ts";
import { type IndexStore, openIndexStore } from "./index-store.ts";
import { type EventQuery, eventsOf } from "./questions.ts";

/** As it is now. */
type Stream = { readonly identity: string; readonly lastSequence: number };

export async function usableStore(
  { jsm, path, onDropped }: { jsm: JetStreamManager; path: string; onDropped: (reason: string) => void },
  stream: Stream,
): Promise<IndexStore> {
  let found: IndexStore | null = null;
  try {
    found = openIndexStore(path, stream.identity);
    if (await isOfStream(found, jsm, stream.lastSequence)) return found;
    onDropped("it knows events that the stream does not have");
  } catch (error) {
    if (!isUnusable(error)) throw error;
    onDropped(error instanceof Error ? error.message : String(error));
  }
  found?.close();
  removeIndexFile(path);
  return openIndexStore(path, stream.identity);
}

const newestOne: EventQuery = {
  filter: {},
  time: {},
  order: "newest",
  beyond: null,
  offset: 0,
  limit: 1,
  count: "none",
};

/** Of the index its newest event is compared; when the stream has let go of it, nothing can be. */
async function isOfStream(store: IndexStore, jsm: JetStreamManager, lastSequence: number): Promise<boolean> {
  if (store.lastSequence > lastSequence) return false;
  const page = store.eventPage(newestOne);
  const [sequence] = page.sequences;
  const [event] = eventsOf(page);
  if (sequence === undefined || event === undefined) return true;
  const message = await jsm.streams.getMessage(eventsStream, { seq: sequence });
  return message === null || fromCloudEvent(message.data, ownerOf(message.subject))?.id === event.id;
}
