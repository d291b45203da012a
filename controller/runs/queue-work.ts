// Watches how much waits in stream RUNS: the work of each workflow, and whether there is room for more.
//
//   V1. At the start, after every reconnection, and when the stream holds more than is known here (another controller queued
//       it), all of the stream is looked at; else only the consumers of workflows that had work.
//   V2. A workflow is full only when the server has just said so: counts made here do not go down as runs end.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Publisher } from "../../bus/publisher.ts";
import { runsStream } from "../../bus/subjects.ts";
import { type Backlog, createBacklog } from "./backlog.ts";
import type { RunHistory } from "./history.ts";
import { inSlices } from "./in-slices.ts";
import { type RunConsumers, workIn } from "./run-consumers.ts";
import { survey } from "./survey.ts";
import type { WaitingRuns } from "./waiting-runs.ts";

/** Half an hour of work for a workflow that does 140 a second. */
const runsPerWorkflowMax = 250_000;
const shareOfBytes = 0.5;
/** Looking at the whole stream costs seconds when much waits. */
const surveyEveryMs = 10_000;
/** How long "full" is believed: a flood would ask the server for each of its runs. */
const fullForMs = 250;
/** A run without a value to speak of, while nothing better is known. */
const smallMessageBytes = 1_024;

export type QueueWork = {
  readonly backlog: Backlog;
  refresh(): Promise<void>;
  /** Why the workflow may not queue more, or null. */
  noRoom(workflow: string): Promise<string | null>;
};

export type QueueWorkParts = {
  readonly nc: NatsConnection;
  readonly publisher: Pick<Publisher, "pending">;
  readonly waiting: WaitingRuns;
  readonly consumers: RunConsumers;
  readonly history: Pick<RunHistory, "runsById" | "streamEnd">;
  readonly bytesMax: number;
  readonly nowMs: () => number;
};

export function createQueueWork(parts: QueueWorkParts): QueueWork {
  const { nc, publisher, consumers, bytesMax, nowMs } = parts;
  let messageBytes = smallMessageBytes;
  let surveyDue = true;
  let surveyedAtMs = 0;
  const backlog = createBacklog({ nowMs, messageBytes: () => messageBytes });
  const counts = new Map<string, Promise<void>>();
  const full = new Map<string, { readonly reason: string; readonly untilMs: number }>();
  void watchConnection();

  return {
    backlog,
    async refresh() {
      if (surveyDue) await lookAtAll();
      await inSlices(backlog.workflows(), count);
      await compare();
    },
    async noRoom(workflow) {
      if (reasonOf(workflow) === null) return null;
      const known = full.get(workflow);
      if (known && nowMs() < known.untilMs) return known.reason;
      await count(workflow);
      const reason = reasonOf(workflow);
      if (reason === null) full.delete(workflow);
      else full.set(workflow, { reason, untilMs: nowMs() + fullForMs });
      return reason;
    },
  };

  async function lookAtAll(): Promise<void> {
    surveyDue = false;
    surveyedAtMs = nowMs();
    try {
      await survey({ ...parts, backlog });
    } catch (error) {
      surveyDue = true;
      throw error;
    }
  }

  function reasonOf(workflow: string): string | null {
    const depth = backlog.depth(workflow);
    if (depth >= runsPerWorkflowMax) return `the queue of ${workflow} is full: ${depth} runs wait`;
    const bytes = backlog.bytes(workflow);
    return bytes >= bytesMax * shareOfBytes
      ? `the queue of ${workflow} is full: its runs take ${Math.round(bytes)} bytes`
      : null;
  }

  /** Runs of a workflow without a consumer are only those that were seen: nobody takes any. */
  function count(workflow: string): Promise<void> {
    const asking = counts.get(workflow);
    if (asking) return asking;
    const counted = backlog.counting(workflow);
    const asked = consumers
      .info(workflow)
      .then((info) => void (info && counted(workIn(info))))
      .finally(() => counts.delete(workflow));
    counts.set(workflow, asked);
    return asked;
  }

  /** Has the stream looked at again when it holds what is not known here. */
  async function compare(): Promise<void> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const { state } = await jsm.streams.info(runsStream);
    if (state.messages > 0) messageBytes = state.bytes / state.messages;
    const known = backlog.workflows().reduce((sum, workflow) => sum + backlog.depth(workflow), 0);
    // What was stored here in the meantime is known, or waits for its answer.
    if (state.messages > known + publisher.pending && nowMs() - surveyedAtMs >= surveyEveryMs) surveyDue = true;
  }

  /** A server that was killed and came back has messages that were gone. */
  async function watchConnection(): Promise<void> {
    for await (const status of nc.status()) if (status.type === "reconnect") surveyDue = true;
  }
}
