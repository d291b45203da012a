// Lines of output that are kept for whoever asked for them, instead of going to the LOGS stream.
import type { LogLine } from "../bus/assignment.ts";
import type { LogShipper } from "./log-shipper.ts";

/** Written as JSON, of one run: it travels in one message with the run's result. What is more is counted in a line of its own. */
const keptBytesMax = 64 * 1024;

export type KeptLines = LogShipper & { readonly lines: readonly LogLine[] };

export function keepLines(): KeptLines {
  const lines: LogLine[] = [];
  let keptBytes = 0;

  return {
    lines,
    hasRoom: (line) => keptBytes + bytesOf(line) <= keptBytesMax,
    add(_run, line) {
      lines.push(line);
      keptBytes += bytesOf(line);
    },
    flush: () => Promise.resolve(),
  };
}

function bytesOf(line: LogLine): number {
  return Buffer.byteLength(JSON.stringify(line));
}
