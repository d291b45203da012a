// How a run ended, from how its process ended and what was heard before. Pure.
import type { Outcome, RunError } from "../model/run.ts";

export type Exit =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: "unstarted"; readonly reason: string };

/** Why we ended it. */
export type Cut =
  | { readonly kind: "timed-out"; readonly afterMs: number }
  | { readonly kind: "stopped"; readonly reason: string }
  /** It broke the agent's rules. */
  | { readonly kind: "broken"; readonly reason: string };

export type Ending = {
  readonly exit: Exit;
  readonly cut: Cut | null;
  /** A handler owes an answer; a script only has to end. */
  readonly handler: boolean;
  /** What a script gave last; undefined: none. */
  readonly result: unknown;
  /** The error that ended the process, as it told of it. */
  readonly uncaught: RunError | null;
  /** Its last words. */
  readonly stderr: string;
  /** The kernel killed it for its memory. */
  readonly outOfMemory: boolean;
};

const moreMemory = "out of memory; raise scale.memory of the workflow";
/** What Node prints before it aborts because its heap, which it makes fit to the container's memory, is full. */
const heapExhausted = /FATAL ERROR: .*(?:out of memory|heap limit)/i;

export function outcomeOf({ exit, cut, handler, result, uncaught, stderr, outOfMemory }: Ending): Outcome {
  if (exit.kind === "unstarted") {
    return failed({ exitCode: null }, { message: `the runner could not be started: ${exit.reason}` });
  }
  switch (cut?.kind) {
    case "timed-out":
    case "stopped":
      return cut;
    case "broken":
      return failed({ exitCode: null }, { message: cut.reason });
    case undefined:
      break;
  }
  const { code, signal } = exit;
  if (signal !== null) {
    const killed =
      outOfMemory || heapExhausted.test(stderr) ? `killed: ${moreMemory}` : stderr || `killed by ${signal}`;
    return failed({ exitCode: null, signal }, { message: killed });
  }
  if (handler) {
    const message = `the handler's process ended with exit code ${code} before it answered`;
    return failed({ exitCode: code }, uncaught ?? { message });
  }
  if (code === 0) return { kind: "completed", exitCode: 0, ...(result === undefined ? {} : { result }) };
  return failed({ exitCode: code }, uncaught ?? { message: stderr || `ended with exit code ${code}` });
}

function failed(how: { exitCode: number | null; signal?: NodeJS.Signals }, error: RunError): Outcome {
  return { kind: "failed", ...how, error };
}
