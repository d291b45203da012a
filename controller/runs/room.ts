// Whether stream RUNS has room for one more run of a workflow.
//
//   M1. One workflow holds half of the stream at most, so its flood leaves room for others.
//   M2. Several floods leave room, too: who holds more than littleShare may queue only while less than floodShare of the stream is
//       taken. The rest is for workflows of which little waits.
//   M3. What is on its way counts from the moment at which its place was taken, and until it is known not to have been stored.
import { runSubject } from "../../bus/subjects.ts";
import type { QueuedRun } from "../../bus/run-message.ts";

const shareOfOne = 0.5;
const littleShare = 0.01;
const floodShare = 0.85;
/** What a stream keeps beside subject and payload: lengths, checksum, and the headers of a message that is stored once. */
const headerBytes = 34 + 84;

export type Room = {
  /** Why a workflow that holds so much already may not queue as much more, or null. */
  reasonOf(workflow: string, bytes: { readonly held: number; readonly more: number }): string | null;
  /** Takes a place; the result gives it back when nothing was stored there. */
  take(workflow: string, bytes: number): (stored: boolean) => void;
  /** Begins a count of the whole stream by the server; the result ends it with what the server said. */
  counting(): (counted: number) => void;
};

export function createRoom(bytesMax: number): Room {
  const onItsWay = new Map<string, number>();
  let onItsWayBytes = 0;
  let takenBytes = 0;
  let addedBytes = 0;

  return {
    reasonOf(workflow, { held, more }) {
      const own = held + (onItsWay.get(workflow) ?? 0);
      if (own + more > bytesMax * shareOfOne)
        return `the queue of ${workflow} is full: its runs take ${Math.round(own)} bytes`;
      if (own <= bytesMax * littleShare || takenBytes + more <= bytesMax * floodShare) return null;
      return `the queue of all workflows is nearly full, and the rest is for workflows of which less waits than of ${workflow}: its runs take ${Math.round(own)} bytes`;
    },
    take(workflow, bytes) {
      takenBytes += bytes;
      addedBytes += bytes;
      move(workflow, bytes);
      return (stored) => {
        move(workflow, -bytes);
        if (!stored) takenBytes -= bytes;
      };
    },
    counting() {
      const before = addedBytes - onItsWayBytes;
      return (counted) => void (takenBytes = counted + addedBytes - before);
    },
  };

  function move(workflow: string, bytes: number): void {
    onItsWayBytes += bytes;
    const left = (onItsWay.get(workflow) ?? 0) + bytes;
    if (left > 0) onItsWay.set(workflow, left);
    else onItsWay.delete(workflow);
  }
}

/** What a run takes of the stream, its message id twice: in the subject and in a header. */
export function storedBytes({ workflow, id }: QueuedRun, payload: string): number {
  return headerBytes + runSubject(workflow, id).length + id.length + Buffer.byteLength(payload);
}
