// Watches how much waits in stream RUNS: the work of each workflow, and whether there is room for more.
//
//   V1. At the start, after every reconnection, and when the stream holds more than is known here (another controller queued
//       it), all of the stream is looked at; else only the consumers of workflows that had work.
//   V2. A workflow is full only when the server has just said so: counts made here do not go down as runs end.
//   V3. A consumer that is gone is made again only after the stream was looked at: what agents took from it and could not
//       acknowledge is over by then, and not to be given again.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Publisher } from "../../bus/publisher.ts";
import { runsStream } from "../../bus/subjects.ts";
import { type Backlog, createBacklog } from "./backlog.ts";
import type { RunHistory } from "./history.ts";
import { inSlices } from "./in-slices.ts";
import { type RunConsumers, workIn } from "./run-consumers.ts";
import { createRoom } from "./room.ts";
import { survey } from "./survey.ts";
import type { WaitingRuns } from "./waiting-runs.ts";

/** Half an hour of work for a workflow that does 140 a second. */
const runsPerWorkflowMax = 250_000;
/** Looking at the whole stream costs seconds when much waits. */
const surveyEveryMs = 10_000;
/** How long "full" is believed: a flood would ask the server for each of its runs. */
const fullForMs = 250;
/** A run without a value to speak of, while nothing better is known. */
const smallMessageBytes = 1_024;

export type QueueWork = {
  readonly backlog: Backlog;
  /** Returns those with work that have no consumer. */
  refresh(): Promise<readonly string[]>;
  restore(workflow: string, limits: { readonly underWayMax: number }): Promise<void>;
  /** A place for as many bytes more of a workflow. */
  reserve(workflow: string, bytes: number): Promise<Place>;
};

/** `settle`: whether a run was stored there. */
export type Place =
  | { readonly kind: "free"; readonly settle: (stored: boolean) => void }
  | { readonly kind: "full"; readonly reason: string };

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
  const { nc, publisher, consumers, nowMs } = parts;
  let messageBytes = smallMessageBytes;
  let measuring: Promise<{ readonly messages: number }> | null = null;
  let surveyDue = true;
  let surveyedAtMs = 0;
  const backlog = createBacklog({ nowMs, messageBytes: () => messageBytes });
  const room = createRoom(parts.bytesMax);
  const counts = new Map<string, Promise<boolean>>();
  const full = new Map<string, { readonly reason: string; readonly untilMs: number }>();
  void watchConnection();

  return {
    backlog,
    async refresh() {
      if (surveyDue) await lookAtAll();
      const asked = backlog.workflows();
      const served = await inSlices(asked, count);
      await compare();
      return asked.filter((_, index) => served[index] === false);
    },
    async restore(workflow, limits) {
      await lookAtAll();
      const counted = backlog.counting(workflow);
      counted(workIn(await consumers.prepare(workflow, limits)));
    },
    async reserve(workflow, bytes) {
      if (reasonOf(workflow, bytes) === null) return take(workflow, bytes);
      const known = full.get(workflow);
      if (known && nowMs() < known.untilMs) return { kind: "full", reason: known.reason };
      await Promise.all([count(workflow), measure()]);
      const reason = reasonOf(workflow, bytes);
      if (reason === null) {
        full.delete(workflow);
        return take(workflow, bytes);
      }
      full.set(workflow, { reason, untilMs: nowMs() + fullForMs });
      return { kind: "full", reason };
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

  function reasonOf(workflow: string, more: number): string | null {
    const depth = backlog.depth(workflow);
    if (depth >= runsPerWorkflowMax) return `the queue of ${workflow} is full: ${depth} runs wait`;
    return room.reasonOf(workflow, { held: backlog.bytes(workflow), more });
  }

  function take(workflow: string, bytes: number): Place {
    const settle = room.take(workflow, bytes);
    return {
      kind: "free",
      settle(stored) {
        settle(stored);
        if (stored) backlog.added(workflow, bytes);
      },
    };
  }

  /** False when there is no consumer: the runs are only those that were seen, as nobody takes any. */
  function count(workflow: string): Promise<boolean> {
    const asking = counts.get(workflow);
    if (asking) return asking;
    const counted = backlog.counting(workflow);
    const asked = consumers
      .info(workflow)
      .then((info) => {
        if (info) counted(workIn(info));
        return info !== null;
      })
      .finally(() => counts.delete(workflow));
    counts.set(workflow, asked);
    return asked;
  }

  /** Has the stream looked at again when it holds what is not known here. */
  async function compare(): Promise<void> {
    const { messages } = await measure();
    const known = backlog.workflows().reduce((sum, workflow) => sum + backlog.depth(workflow), 0);
    // What was stored here in the meantime is known, or waits for its answer.
    if (messages > known + publisher.pending && nowMs() - surveyedAtMs >= surveyEveryMs) surveyDue = true;
  }

  /** What the stream holds; asked by many at once, it is asked once. */
  function measure(): Promise<{ readonly messages: number }> {
    measuring ??= askStream().finally(() => (measuring = null));
    return measuring;
  }

  async function askStream(): Promise<{ readonly messages: number }> {
    const counted = room.counting();
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const { messages, bytes } = (await jsm.streams.info(runsStream)).state;
    counted(bytes);
    if (messages > 0) messageBytes = bytes / messages;
    return { messages };
  }

  /** A server that was killed and came back has messages that were gone. */
  async function watchConnection(): Promise<void> {
    for await (const status of nc.status()) if (status.type === "reconnect") surveyDue = true;
  }
}
