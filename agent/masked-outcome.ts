// How a run ended, without the secrets of its workflow: in its result, its error and what it was stopped with.
import type { Mask } from "../model/mask.ts";
import type { Outcome, RunError } from "../model/run.ts";
import { errorCharsMax } from "./runner-frames.ts";

export function maskedOutcome(outcome: Outcome, mask: Mask): Outcome {
  switch (outcome.kind) {
    case "completed":
      return outcome.result === undefined ? outcome : { ...outcome, result: mask.value(outcome.result) };
    case "failed":
      return { ...outcome, error: maskedError(outcome.error, mask) };
    case "timed-out":
    case "stopped":
    case "dead":
    case "skipped":
    case "refused":
      return outcome;
  }
}

function maskedError({ message, stack, ...rest }: RunError, mask: Mask): RunError {
  return {
    ...rest,
    message: maskedText(message, mask),
    ...(stack !== undefined && { stack: maskedText(stack, mask) }),
  };
}

/** The runner cuts long texts, and where it did, the end may be the beginning of a secret. */
function maskedText(text: string, mask: Mask): string {
  return text.length < errorCharsMax ? mask.text(text) : mask.head(text, Math.max(0, text.length - mask.bytesMax));
}
