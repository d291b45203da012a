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

/** `run`: only what that run wrote; null: everything of the workflow. */
export type LogSource = { readonly workflow: string; readonly run: string | null };

export type Logs = {
  /** The last lines in order, and the stream sequence up to which they reach. */
  last(source: LogSource, count: number): Promise<{ lines: LogView[]; sequence: number }>;
  /** Calls back with every batch after a sequence, in order, until it is stopped. */
  follow(
    source: LogSource,
    afterSequence: number,
    push: (lines: LogView[], sequence: number) => void,
  ): { stop(): void };
};

export function createLogs(nc: NatsConnection): Logs {
  const js = jetstream(nc);
  return {
    async last(source, count) {
      const subjects = subjectsOf(source);
      const jsm = await js.jetstreamManager();
      const { state } = await jsm.streams.info(logsStream);
      if (count === 0 || !(await hasLines(subjects))) return { lines: [], sequence: state.last_seq };
      // What one run wrote is read whole: its subject is its own.
      for (const windowMs of source.run === null ? searchWindowsMs : [Infinity]) {
        const found = await readSince(subjects, windowMs, count);
        if (found.lines.length >= count || windowMs === Infinity)
          return { ...found, sequence: Math.max(found.sequence, state.last_seq) };
      }
      return { lines: [], sequence: state.last_seq };
    },
    follow(source, afterSequence, push) {
      const from = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: afterSequence + 1 };
      const reading = js.consumers
        .get(logsStream, { ...from, filter_subjects: subjectsOf(source) })
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

function subjectsOf({ workflow, run }: LogSource): string {
  return run === null ? logsOf(workflow) : logSubject(workflow, run);
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
