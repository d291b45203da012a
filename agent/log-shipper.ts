// Lines of output on their way to the LOGS stream.
//
//   L1. Lines arrive in the order in which they were given: one batch is on its way at a time.
//   L2. A batch leaves when it has lines or bytes enough, or batchWaitMs after its first line.
//   L3. Lines that are not yet stored take heldBytesMax at most; whoever gives lines asks `hasRoom` before.
import type { Assignment, LogBatch, LogLine } from "../bus/assignment.ts";
import { logSubject } from "../bus/subjects.ts";
import type { Connection } from "./connection.ts";
import { deliver } from "./delivery.ts";
import { log } from "./log.ts";
import { createPump } from "./pump.ts";

const batchLinesMax = 100;
const batchBytesMax = 64 * 1024;
const batchWaitMs = 50;
const heldBytesMax = 1024 * 1024;
/** What a line needs beside its text, roughly. */
const lineOverheadBytes = 64;

export type LogShipper = {
  hasRoom(line: LogLine): boolean;
  add(run: string, line: LogLine): void;
  /** Resolves when everything given so far is stored, or after waitMs. */
  flush(waitMs: number): Promise<void>;
};

type Batch = { readonly run: string; readonly lines: LogLine[]; bytes: number };

/** `onLost` hears how many lines the server refused for good. */
export function createLogShipper(
  connection: Connection,
  assignment: Assignment,
  onLost: (lines: number) => void,
): LogShipper {
  const { workflow, instance } = assignment;
  const sealed: Batch[] = [];
  let open: Batch | null = null;
  let timer: NodeJS.Timeout | undefined;
  let heldBytes = 0;
  let count = 0;
  const pump = createPump(() => sealed.shift(), ship);

  return {
    hasRoom: (line) => heldBytes + bytesOf(line) <= heldBytesMax,
    add(run, line) {
      const bytes = bytesOf(line);
      if (open !== null && (open.run !== run || open.bytes + bytes > batchBytesMax)) seal();
      if (open === null) {
        open = { run, lines: [], bytes: 0 };
        timer = setTimeout(seal, batchWaitMs);
      }
      open.lines.push(line);
      open.bytes += bytes;
      heldBytes += bytes;
      if (open.lines.length >= batchLinesMax) seal();
    },
    flush(waitMs) {
      seal();
      return pump.idle(waitMs);
    },
  };

  function seal(): void {
    clearTimeout(timer);
    if (open === null) return;
    sealed.push(open);
    open = null;
    pump.wake();
  }

  async function ship({ run, lines, bytes }: Batch): Promise<void> {
    const batch: LogBatch = { workflow, instance, run, lines };
    const id = `${run}.${count++}`;
    const message = { subject: logSubject(workflow, run), payload: JSON.stringify(batch), id };
    const delivery = await deliver(connection, message, Number.POSITIVE_INFINITY);
    heldBytes -= bytes;
    if (delivery.kind === "stored") return;
    onLost(lines.length);
    log.warn("lines of output could not be stored", { run, lines: lines.length, reason: delivery.reason });
  }
}

function bytesOf(line: LogLine): number {
  return Buffer.byteLength(line.text) + lineOverheadBytes;
}
