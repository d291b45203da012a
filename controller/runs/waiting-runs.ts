// The messages of stream RUNS, looked at one by one: each is a run that waits or is under way, under a subject of its own.
//
//   W1. A message of RUNS does not prove that its run is to be given to anybody. nats-server 2.9.10 that is killed (SIGKILL)
//       brings back every acknowledged message whose block was not yet removed, seconds after its acknowledgement, too. The
//       consumer mostly remembers (its state is written within a third of a second) and will never deliver it: it then
//       takes room and its subject for good. Where the consumer forgot, it delivers the message again, as for the first time.
//       Whoever relies on a message therefore asks the history whether its run is over.
//   W2. What is removed here is overwritten in the file, so it does not come back.
import { type StoredMsg, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { QueuedRun } from "../../bus/run-message.ts";
import { runSubject, runsStream } from "../../bus/subjects.ts";
import { isObject } from "../../model/reader.ts";

const noMessageFound = 10_037;
const sequenceNotFound = 10_043;

export type WaitingRun = { readonly seq: number; readonly run: QueuedRun };

export type WaitingRuns = {
  find(workflow: string, run: string): Promise<WaitingRun | null>;
  /** False when it was gone already. */
  remove(seq: number): Promise<boolean>;
};

export function createWaitingRuns(nc: NatsConnection): WaitingRuns {
  return {
    async find(workflow, run) {
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      const message = await jsm.streams.getMessage(runsStream, { last_by_subj: runSubject(workflow, run) });
      return message && waitingRunOf(message);
    },
    async remove(seq) {
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      try {
        return await jsm.streams.deleteMessage(runsStream, seq);
      } catch (error) {
        const { code } = error as { code?: number };
        if (code === noMessageFound || code === sequenceNotFound) return false;
        throw error;
      }
    },
  };
}

function waitingRunOf(message: StoredMsg): WaitingRun | null {
  const run = queuedRunOf(message.data);
  return run && { seq: message.seq, run };
}

/** Only controllers write into RUNS; null is what another program put there. */
export function queuedRunOf(data: Uint8Array): QueuedRun | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString());
    return isObject(value) && typeof value["id"] === "string" && Number.isSafeInteger(value["attemptsBefore"])
      ? (value as QueuedRun)
      : null;
  } catch {
    return null;
  }
}
