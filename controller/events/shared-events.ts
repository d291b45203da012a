// Events that were read a moment ago, decoded. Readers of the past often read the same stretch at the same time; what one of them has
// decoded, and what was made of that (live-event.ts), serves the others.
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { ownerOf } from "../../bus/subjects.ts";
import type { StreamMessage } from "../../bus/stream-reader.ts";
import type { LiveEvent } from "./live-event.ts";

/** Of the messages; what is decoded from them, and a frame of it, take some times as much. */
const bytesMax = 8_388_608;

/** Null for a message that is no event. */
export type DecodeShared = (message: StreamMessage) => LiveEvent | null;

export function createSharedEvents(): DecodeShared {
  const known = new Map<number, { readonly live: LiveEvent | null; readonly bytes: number }>();
  let bytes = 0;

  return (message) => {
    const found = known.get(message.seq);
    if (found) return found.live;
    const event = fromCloudEvent(message.data, ownerOf(message.subject));
    const made = { live: event && { seq: message.seq, event }, bytes: message.data.length };
    known.set(message.seq, made);
    bytes += made.bytes;
    forget();
    return made.live;
  };

  /** The oldest first. */
  function forget(): void {
    for (const [seq, one] of known) {
      if (bytes <= bytesMax) return;
      known.delete(seq);
      bytes -= one.bytes;
    }
  }
}
