// What user code writes to stdout and stderr, line by line, within limits, on its way to the LOGS stream.
//
//   O1. User code is never held up: what is too much, or finds no room while NATS is away, is dropped and counted.
//   O2. Where lines are missing, one line says how many.
import type { LogLine } from "../bus/assignment.ts";
import type { Mask } from "../model/mask.ts";
import type { Allowance } from "./allowance.ts";
import type { Clock } from "./clock.ts";
import { type Line, createLines } from "./lines.ts";
import type { LogShipper } from "./log-shipper.ts";

/** Takes the bytes of one run. */
export type RunOutput = {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** The run's process has ended and everything it wrote was given. */
  end(): void;
};

export type OutputParts = {
  readonly shipper: LogShipper;
  readonly allowance: Allowance;
  readonly clock: Clock;
  readonly onDropped: (lines: number) => void;
  readonly mask?: Mask;
};

/** Every run has its own output; shipper and allowance are the instance's. */
export function createOutput(run: string, { shipper, allowance, clock, onDropped, mask }: OutputParts): RunOutput {
  let missing = 0;
  const stdout = createLines((line) => take("stdout", line), mask);
  const stderr = createLines((line) => take("stderr", line), mask);

  return {
    stdout: (chunk) => stdout.write(chunk),
    stderr: (chunk) => stderr.write(chunk),
    end() {
      stdout.end();
      stderr.end();
      sayMissing();
    },
  };

  function take(stream: LogLine["stream"], { text, cutBytes }: Line): void {
    const line = { at: timestamp(), stream, text, ...(cutBytes > 0 ? { cutBytes } : {}) };
    if (!shipper.hasRoom(line) || !allowance.take(Buffer.byteLength(text))) {
      missing += 1;
      onDropped(1);
      return;
    }
    sayMissing();
    shipper.add(run, line);
  }

  function sayMissing(): void {
    if (missing === 0) return;
    const text = `drover: ${missing} ${missing === 1 ? "line is" : "lines are"} missing here: more output than is kept`;
    missing = 0;
    shipper.add(run, { at: timestamp(), stream: "stderr", text });
  }

  function timestamp(): string {
    return new Date(clock.now()).toISOString();
  }
}
