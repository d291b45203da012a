// What the agent and a runner say to each other over file descriptor 3, one frame each (frames.ts).
//
//   The agent: `load` once, then `call` again and again when the module turned out to be a handler.
//   The runner: `ready` when it waits for `load`; `loaded` when the module's top level has run; `result` of a script, as often
//   as it likes; `answered` or `threw` once for each run of a handler; `uncaught` before it dies of an error.
//
//   What a runner says is not believed to be well-formed: it shares its process with user code.
import type { Run } from "../client/run.ts";
import { flawOf } from "../model/json-value.ts";
import type { RunError } from "../model/run.ts";
import { isObject } from "../model/reader.ts";

export const runnerFd = 3;

/** Of a result written as JSON: it becomes part of an event, and of the history of runs. */
export const resultBytesMax = 64 * 1024;
/** Of each text of an error: a message or a stack. */
export const errorCharsMax = 8 * 1024;
/** A script, at most half a megabyte, and an event, at most half of that; escapes may double them. */
export const toRunnerBytesMax = 4 * 1024 * 1024;
/** A result, or two texts of an error, whose characters may take six bytes each when escaped. */
export const fromRunnerBytesMax = 128 * 1024;

/** `run` null: a daemon. */
export type Load = {
  readonly kind: "load";
  readonly name: string;
  readonly source: string;
  readonly run: Run | null;
};
export type ToRunner = Load | { readonly kind: "call"; readonly run: Run };

export type FromRunner =
  | { readonly kind: "ready" }
  | { readonly kind: "loaded"; readonly handler: boolean }
  /** `value` absent: no result. */
  | { readonly kind: "result"; readonly value?: unknown }
  | { readonly kind: "answered"; readonly value?: unknown }
  | { readonly kind: "threw"; readonly error: RunError }
  | { readonly kind: "uncaught"; readonly error: RunError };

/** Null when it is none, or more than a runner may say. */
export function parseFromRunner(document: unknown): FromRunner | null {
  if (!isObject(document)) return null;
  switch (document["kind"]) {
    case "ready":
      return { kind: "ready" };
    case "loaded":
      return { kind: "loaded", handler: document["handler"] === true };
    case "result":
    case "answered":
      return valued(document["kind"], document);
    case "threw":
    case "uncaught": {
      const error = errorOf(document["error"]);
      return error && { kind: document["kind"], error };
    }
    default:
      return null;
  }
}

function valued(kind: "result" | "answered", document: Readonly<Record<string, unknown>>): FromRunner | null {
  const { value } = document;
  if (value === undefined) return { kind };
  return flawOf(value) === null ? { kind, value } : null;
}

function errorOf(raw: unknown): RunError | null {
  if (!isObject(raw) || typeof raw["message"] !== "string") return null;
  const message = raw["message"].slice(0, errorCharsMax);
  return typeof raw["stack"] === "string" ? { message, stack: raw["stack"].slice(0, errorCharsMax) } : { message };
}
