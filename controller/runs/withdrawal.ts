// Takes runs out of the queue that are not to be given to anybody any more, and says so.
//
//   D1. A run is reported as stopped before its message is removed: a crash between leaves a message that is found to be
//       over (survey.ts, and the agent that asks), never a run that vanished.
//   D2. A run that is under way is left alone: the history says that it started, or its consumer that it was delivered. An
//       agent that takes it in the milliseconds between this look and the removal runs it all the same; what it says of the
//       run's end counts more than `stopped` (run-record.ts). One whose container died, and that was not given again yet,
//       looks as if it were under way.
//   D3. What was queued for a workflow that was created anew under the name is left alone, as is what comes after the beginning.
import { type JsMsg, AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/nats-core";
import type { QueuedRun } from "../../bus/run-message.ts";
import { runsOf, runsStream } from "../../bus/subjects.ts";
import { isOver } from "../../model/run.ts";
import type { AppendEvent } from "../events/append.ts";
import type { RunHistory, RunRecord } from "./history.ts";
import type { RunConsumers } from "./run-consumers.ts";
import { stoppedEvent } from "./run-events.ts";
import { type WaitingRun, type WaitingRuns, queuedRunOf } from "./waiting-runs.ts";

/** Read, reported and removed together. */
const batchRuns = 500;
const batchWaitMs = 2_000;
/** The server forgets the reader of a controller that died while it cleared. */
const readerIdleMs = 30_000;

/** The workflow that has the name now, or null. */
export type Present = (workflow: string) => { readonly createdAt: string | null } | null;

export type WithdrawalParts = {
  readonly nc: NatsConnection;
  readonly waiting: WaitingRuns;
  readonly consumers: RunConsumers;
  readonly history: Pick<RunHistory, "run" | "runsById" | "streamEnd">;
  readonly append: AppendEvent;
  readonly present: Present;
  readonly now: () => Date;
};

/** False when it does not wait. */
export async function withdraw(parts: WithdrawalParts, workflow: string, id: string, reason: string): Promise<boolean> {
  const held = await parts.waiting.find(workflow, id);
  if (held === null) return false;
  const record = await parts.history.run(id, await parts.history.streamEnd());
  if (record !== null && isOver(record)) return false;
  if (await isUnderWay(parts, held, record)) return false;
  await parts.append(stoppedEvent(held.run, nextAttempt(held.run, record), reason, parts.now()));
  await parts.waiting.remove(held.seq);
  return true;
}

async function isUnderWay(
  { consumers }: WithdrawalParts,
  held: WaitingRun,
  record: RunRecord | null,
): Promise<boolean> {
  if (record !== null && record.state !== "queued") return record.state === "started";
  const consumer = await consumers.info(held.run.workflow);
  return consumer !== null && held.seq <= consumer.delivered.stream_seq;
}

/**
 * Stops everything that waits, and removes the consumer: of those under way, the agents were stopped already. Returns how many runs
 * were left to a workflow that was created under the name meanwhile; null when it was there before, and nothing was done.
 */
export function withdrawAll(parts: WithdrawalParts, workflow: string, reason: string): Promise<number | null> {
  const isWanted = (): boolean => parts.present(workflow) !== null;
  return parts.consumers.replaced(workflow, isWanted, async () => {
    const jsm = await jetstreamManager(parts.nc, { checkAPI: false });
    const { last_seq: end } = (await jsm.streams.info(runsStream)).state;
    const { name } = await jsm.consumers.add(runsStream, {
      filter_subject: runsOf(workflow),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      inactive_threshold: nanos(readerIdleMs),
    });
    try {
      const consumer = await jetstream(parts.nc).consumers.get(runsStream, name);
      let kept = 0;
      for (;;) {
        const { num_pending: left } = await consumer.info();
        if (left === 0) return kept;
        const batch: JsMsg[] = [];
        const fetched = await consumer.fetch({ max_messages: Math.min(left, batchRuns), expires: batchWaitMs });
        for await (const message of fetched) batch.push(message);
        kept += await stopAll(
          parts,
          batch.filter(({ seq }) => seq <= end),
          reason,
        );
        if (batch.some(({ seq }) => seq > end)) return kept;
      }
    } finally {
      await jsm.consumers.delete(runsStream, name);
    }
  });
}

/** Returns how many it left alone. */
async function stopAll(parts: WithdrawalParts, batch: readonly JsMsg[], reason: string): Promise<number> {
  const messages = batch.map((message) => ({ message, run: queuedRunOf(message.data) }));
  const former = messages.filter(({ run }) => run === null || !isOfPresent(parts, run));
  await stopRuns(
    parts,
    former.flatMap(({ run }) => run ?? []),
    reason,
  );
  await Promise.all(former.map(({ message }) => message.ackAck()));
  return messages.length - former.length;
}

function isOfPresent({ present }: WithdrawalParts, run: QueuedRun): boolean {
  const workflow = present(run.workflow);
  return workflow !== null && workflow.createdAt === run.createdAt;
}

async function stopRuns(parts: WithdrawalParts, runs: readonly QueuedRun[], reason: string): Promise<void> {
  const records = await parts.history.runsById(
    runs.map(({ id }) => id),
    await parts.history.streamEnd(),
  );
  const byId = new Map(records.map((record) => [record.id, record]));
  const stopped = runs.flatMap((run) => {
    const record = byId.get(run.id) ?? null;
    if (record !== null && isOver(record)) return [];
    const attempt = record?.state === "started" ? record.turn : nextAttempt(run, record);
    return [stoppedEvent(run, attempt, reason, parts.now())];
  });
  await Promise.all(stopped.map((event) => parts.append(event)));
}

function nextAttempt(run: QueuedRun, record: RunRecord | null): number {
  return Math.max(run.attemptsBefore, record?.turn ?? 0) + 1;
}
