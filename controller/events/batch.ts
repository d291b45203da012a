// Several events as they travel together: encoded once, for the stream and for the journal alike.
//
//   C1. Events with the same id are one event: the first.
//   C2. Each event is encoded as it is added and forgotten then. Thousands of events in one request are one piece of memory, not
//       thousands of objects that live until the last of them is stored.
//   C3. A part of the journal is lines of CloudEvents JSON. What is published later from a part is, byte for byte, what would have
//       been published from the batch.
import type { Message, Messages } from "../../bus/publisher.ts";
import { messageBytesMax } from "../../bus/streams.ts";
import { controllerOwner, eventSubject } from "../../bus/subjects.ts";
import { fromCloudEvent, toCloudEvent } from "../../model/cloud-event.ts";
import { workflowOf } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";

/** Of all events as they are stored: several times the largest body, since each event gets an id and more. */
export const batchBytesMax = 16_777_216;
/** Subject and headers of a message count as well. */
const partBytesMax = messageBytesMax - 16_384;
const bytesAtFirst = 65_536;
/** A UTF-16 unit takes at most this in UTF-8. */
const bytesOfCharMax = 3;
const lineBreak = 10;

/** More than the limits say: such a batch is never stored. */
export class BatchTooLarge extends Error {}

export class Batch {
  /** Of the events, in their order; of those that are left out, too. */
  readonly ids: string[] = [];
  readonly #known = new Set<string>();
  #messageIds: string[] = [];
  #subjects: string[] = [];
  /** Where each event ends; the next one begins one byte behind. */
  #ends: number[] = [];
  #text = Buffer.allocUnsafeSlow(bytesAtFirst);
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws BatchTooLarge. */
  add(event: Event): void {
    if (this.#known.has(event.id)) return;
    const json = toCloudEvent(event, workflowOf(event.source));
    const from = this.#bytes;
    this.#makeRoom(json.length * bytesOfCharMax + 1);
    const end = from + this.#text.write(json, from);
    if (end - from > partBytesMax)
      throw new BatchTooLarge(`an event takes ${end - from} bytes as it is stored; at most ${partBytesMax}`);
    if (end > batchBytesMax)
      throw new BatchTooLarge(
        `the events take more than ${batchBytesMax} bytes as they are stored; send them in parts`,
      );
    this.#text[end] = lineBreak;
    this.#bytes = end + 1;
    this.#known.add(event.id);
    this.ids.push(event.id);
    this.#messageIds.push(event.id);
    this.#subjects.push(eventSubject(controllerOwner, event.type));
    this.#ends.push(end);
  }

  /** The events under these ids are not to be stored; the others close up. */
  leaveOut(ids: ReadonlySet<string>): void {
    if (ids.size === 0) return;
    const places = [...this.#messageIds.keys()].filter((place) => !ids.has(this.#messageIds[place] ?? ""));
    let bytes = 0;
    const ends = places.map((place) => {
      const from = this.#startOf(place);
      const end = this.#ends[place] ?? from;
      this.#text.copyWithin(bytes, from, end + 1);
      bytes += end + 1 - from;
      return bytes - 1;
    });
    this.#messageIds = places.map((place) => this.#messageIds[place] ?? "");
    this.#subjects = places.map((place) => this.#subjects[place] ?? "");
    this.#ends = ends;
    this.#bytes = bytes;
  }

  get messages(): Messages {
    return { count: this.#messageIds.length, at: (place) => this.#message(place) };
  }

  /** The whole batch in pieces that a message can carry, each of whole lines. */
  parts(): readonly Uint8Array[] {
    const parts: Uint8Array[] = [];
    let from = 0;
    let until = 0;
    for (const end of this.#ends) {
      if (end + 1 - from > partBytesMax) {
        parts.push(this.#text.subarray(from, until));
        from = until;
      }
      until = end + 1;
    }
    return [...parts, this.#text.subarray(from, until)];
  }

  #message(place: number): Message {
    return {
      subject: this.#subjects[place] ?? "",
      payload: this.#text.subarray(this.#startOf(place), this.#ends[place]),
      messageId: this.#messageIds[place] ?? "",
    };
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] ?? 0) + 1;
  }

  #makeRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#text.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#text.length * 2, this.#bytes + bytes));
    this.#text.copy(larger, 0, 0, this.#bytes);
    this.#text = larger;
  }
}

/** The messages of one part, in order. */
export function decodePart(part: Uint8Array): readonly Message[] {
  const text = Buffer.from(part.buffer, part.byteOffset, part.length);
  const messages: Message[] = [];
  for (let from = 0; from < text.length;) {
    const lineEnd = text.indexOf(lineBreak, from);
    // A part that is no part of ours must not be read for ever.
    const end = lineEnd === -1 ? text.length : lineEnd;
    const payload = text.subarray(from, end);
    const event = fromCloudEvent(payload, controllerOwner);
    if (event) messages.push({ subject: eventSubject(controllerOwner, event.type), payload, messageId: event.id });
    from = end + 1;
  }
  return messages;
}
