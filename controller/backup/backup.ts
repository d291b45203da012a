// Copies of all streams and buckets while the controller works, such that a restore loses no run and doubles none.
//
//   B1. The position of the triggers is noted first. Whatever was turned into runs by then is in RUNS when that is copied, or is
//       over. After a restore the triggers read on from there: an event whose run is over is known by the history, any other one
//       is queued unless RUNS has its run.
//   B2. EVENTS is copied after RUNS and the buckets: the end of every run that RUNS no longer had, every slot that a cursor has passed, and
//       no entry of a bucket that names a sequence which the restored stream has yet to give to another event.
//   B3. LOGS is copied last: lines of every run that EVENTS knows.
//   B4. A save between the copies of a bucket and of EVENTS leaves an event that tells of a revision which is not there.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type Snapshot, snapshotOf } from "../../bus/snapshot.ts";
import { bucketNames, eventsStream, logsStream, runsStream } from "../../bus/subjects.ts";
import { handledThrough } from "../triggers/triggers-consumer.ts";

/** Who leads is nothing to keep: the lease of a controller that is gone. */
const notKept = new Set(["leader"]);

const bucketStreams = bucketNames.filter((name) => !notKept.has(name)).map((name) => `KV_${name}`);

/** In the order in which they must be copied. */
export const backupStreams: readonly string[] = [...bucketStreams, runsStream, eventsStream, logsStream];

/** Streams that are copied at once; each may hold 64 MiB that its reader has not taken. */
const copiesMax = 2;

export type Backups = {
  begin(): Promise<{ readonly handledThrough: number; readonly streams: readonly string[] }>;
  /** Null when no more can be copied at once. Rejects when NATS is away. */
  copy(stream: string): Promise<Snapshot | null>;
};

export function createBackups(nc: NatsConnection): Backups {
  let copying = 0;
  return {
    async begin() {
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      return { handledThrough: await handledThrough(jsm), streams: backupStreams };
    },
    async copy(stream) {
      if (copying >= copiesMax) return null;
      copying += 1;
      try {
        const { chunks, ...shape } = await snapshotOf(nc, stream);
        return { ...shape, chunks: counted(chunks) };
      } catch (error) {
        copying -= 1;
        throw error;
      }
    },
  };

  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } finally {
      copying -= 1;
    }
  }
}
