// Reads the LOGS stream: the output of workflows, line by line.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { LogBatch } from "../../bus/assignment.ts";
import { type ReadFrom, type StreamMessage, openStreamReader } from "../../bus/stream-reader.ts";
import { allLogs, logSubject, logsOf, logsOfRun, logsStream, ownerOf } from "../../bus/subjects.ts";

/** The last lines are looked for in the last minutes first, then further back. */
const searchWindowsMs = [600_000, 21_600_000, Infinity];
/** Lines kept beyond those wanted before the surplus is thrown away in one go. */
const spareLines = 1_000;
const waitMs = 30_000;
/** How long a batch is waited for before the server is asked whether there is any. */
const quietMs = 200;

export type LogView = {
  readonly timestamp: string;
  readonly workflow: string;
  readonly instance: string;
  readonly run: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
};

/** `run`: only what that run wrote; null: everything of the workflow. `workflow` null: of whichever. */
export type LogSource = { readonly workflow: string | null; readonly run: string | null };

/** Lines that were stored together. */
export type LogPart = { readonly sequence: number; readonly lines: readonly LogView[] };

export type LogReader = {
  /** What comes next, as soon as there is any; none when there is none within `waitMs`. One call at a time. */
  next(waitMs: number): Promise<readonly LogPart[]>;
  /** Whether everything that is stored at this moment was read. */
  isAtEnd(): Promise<boolean>;
  stop(): Promise<void>;
};

export type Logs = {
  /** The last lines in order, and the stream sequence up to which they reach. */
  last(source: LogSource, count: number): Promise<{ lines: LogView[]; sequence: number }>;
  /** Calls back with every batch after a sequence, in order, until it is stopped. */
  follow(
    source: LogSource,
    afterSequence: number,
    push: (lines: readonly LogView[], sequence: number) => void,
  ): { stop(): void };
  /** As fast as the reader takes it; to be stopped. */
  read(source: LogSource, from: ReadFrom): Promise<LogReader>;
  /** The last sequence of all output at this moment. */
  end(): Promise<number>;
};

export function createLogs(nc: NatsConnection): Logs {
  return {
    async last(source, count) {
      const subject = subjectOf(source);
      const sequence = await end();
      if (count === 0 || !(await hasLines(subject))) return { lines: [], sequence };
      // What one run wrote is read whole: its subject is its own.
      for (const windowMs of source.run === null ? searchWindowsMs : [Infinity]) {
        const found = await readSince(source, windowMs, count);
        if (found.lines.length >= count || windowMs === Infinity)
          return { ...found, sequence: Math.max(found.sequence, sequence) };
      }
      return { lines: [], sequence };
    },
    follow(source, afterSequence, push) {
      const stopped = new AbortController();
      // It ends with the connection to NATS, for good.
      followUntil(stopped.signal).catch(() => {});
      return { stop: () => stopped.abort() };

      async function followUntil(signal: AbortSignal): Promise<void> {
        const reader = await read(source, { kind: "sequence", sequence: afterSequence + 1 });
        signal.addEventListener("abort", () => void reader.stop());
        while (!signal.aborted)
          for (const { lines, sequence } of await reader.next(waitMs)) if (!signal.aborted) push(lines, sequence);
        await reader.stop();
      }
    },
    read,
    end,
  };

  async function end(): Promise<number> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.info(logsStream)).state.last_seq;
  }

  async function read(source: LogSource, from: ReadFrom): Promise<LogReader> {
    const reader = await openStreamReader(nc, logsStream, { from, subject: subjectOf(source) });
    return {
      async next(forMs) {
        const messages = await reader.next(forMs);
        return messages.map((message) => ({ sequence: message.seq, lines: linesOf(message) }));
      },
      isAtEnd: () => reader.isAtEnd(),
      stop: () => reader.stop(),
    };
  }

  async function hasLines(subject: string): Promise<boolean> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.getMessage(logsStream, { last_by_subj: subject })) !== null;
  }

  /** The last `count` lines of a time window, with the sequence of the last message read. */
  async function readSince(
    source: LogSource,
    windowMs: number,
    count: number,
  ): Promise<{ lines: LogView[]; sequence: number }> {
    const from: ReadFrom = Number.isFinite(windowMs)
      ? { kind: "time", time: new Date(Date.now() - windowMs).toISOString() }
      : { kind: "sequence", sequence: 1 };
    const reader = await read(source, from);
    const lines: LogView[] = [];
    let sequence = 0;
    try {
      for (;;) {
        const parts = await reader.next(quietMs);
        for (const part of parts) {
          lines.push(...part.lines);
          if (lines.length > count + spareLines) lines.splice(0, lines.length - count);
          sequence = part.sequence;
        }
        if (await reader.isAtEnd()) return { lines: lines.slice(-count), sequence };
      }
    } finally {
      await reader.stop();
    }
  }
}

function subjectOf({ workflow, run }: LogSource): string {
  if (workflow === null) return run === null ? allLogs() : logsOfRun(run);
  return run === null ? logsOf(workflow) : logSubject(workflow, run);
}

function linesOf({ subject, data }: StreamMessage): LogView[] {
  const workflow = ownerOf(subject);
  try {
    const batch = JSON.parse(new TextDecoder().decode(data)) as LogBatch;
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
