// Reads the LOGS stream: the output of workflows, line by line.
import { type JsMsg, DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { LogBatch } from "../../bus/assignment.ts";
import { logSubject, logsOf, logsStream, ownerOf } from "../../bus/subjects.ts";

/** The last lines are looked for in the last minutes first, then further back. */
const searchWindowsMs = [600_000, 21_600_000, Infinity];
/** Lines kept beyond those wanted before the surplus is thrown away in one go. */
const spareLines = 1_000;

export type LogView = {
  readonly timestamp: string;
  readonly workflow: string;
  readonly instance: string;
  readonly run: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
};

export type Logs = {
  /** The last lines in order, and the stream sequence up to which they reach. */
  last(workflow: string, count: number): Promise<{ lines: LogView[]; sequence: number }>;
  /** The last lines that one run wrote, in order. */
  ofRun(workflow: string, run: string, count: number): Promise<LogView[]>;
  /** Calls back with every batch after a sequence, in order, until it is stopped. */
  follow(workflow: string, afterSequence: number, push: (lines: LogView[], sequence: number) => void): { stop(): void };
};

export function createLogs(nc: NatsConnection): Logs {
  const js = jetstream(nc);
  return {
    async last(workflow, count) {
      const jsm = await js.jetstreamManager();
      const { state } = await jsm.streams.info(logsStream);
      if (count === 0 || !(await hasLines(logsOf(workflow)))) return { lines: [], sequence: state.last_seq };
      for (const windowMs of searchWindowsMs) {
        const found = await readSince(logsOf(workflow), windowMs, count);
        if (found.lines.length >= count || windowMs === Infinity)
          return { ...found, sequence: Math.max(found.sequence, state.last_seq) };
      }
      return { lines: [], sequence: state.last_seq };
    },
    async ofRun(workflow, run, count) {
      const subject = logSubject(workflow, run);
      if (count === 0 || !(await hasLines(subject))) return [];
      return (await readSince(subject, Infinity, count)).lines;
    },
    follow(workflow, afterSequence, push) {
      const from = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: afterSequence + 1 };
      const reading = js.consumers
        .get(logsStream, { ...from, filter_subjects: logsOf(workflow) })
        .then((consumer) => consumer.consume({ callback: (msg) => push(linesOf(msg), msg.seq) }));
      return { stop: () => void reading.then((messages) => messages.close()).catch(() => {}) };
    },
  };

  async function hasLines(subjects: string): Promise<boolean> {
    const jsm = await js.jetstreamManager();
    return (await jsm.streams.getMessage(logsStream, { last_by_subj: subjects })) !== null;
  }

  /** The last `count` lines of a time window, with the sequence of the last message read. */
  async function readSince(
    subjects: string,
    windowMs: number,
    count: number,
  ): Promise<{ lines: LogView[]; sequence: number }> {
    const since = Number.isFinite(windowMs) ? new Date(Date.now() - windowMs).toISOString() : null;
    const from =
      since === null
        ? { deliver_policy: DeliverPolicy.All }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: since };
    const consumer = await js.consumers.get(logsStream, { ...from, filter_subjects: subjects });
    if ((await consumer.info()).num_pending === 0) return { lines: [], sequence: 0 };
    const lines: LogView[] = [];
    let sequence = 0;
    const messages = await consumer.consume();
    for await (const msg of messages) {
      lines.push(...linesOf(msg));
      if (lines.length > count + spareLines) lines.splice(0, lines.length - count);
      sequence = msg.seq;
      if (msg.info.pending === 0) break;
    }
    return { lines: lines.slice(-count), sequence };
  }
}

function linesOf(msg: JsMsg): LogView[] {
  const workflow = ownerOf(msg.subject);
  try {
    const batch = msg.json<LogBatch>();
    return batch.lines.map((line) => ({
      timestamp: line.at,
      workflow,
      instance: batch.instance,
      run: batch.run,
      stream: line.stream,
      text: line.cutBytes ? `${line.text}… (${line.cutBytes} bytes cut)` : line.text,
    }));
  } catch {
    return [];
  }
}
