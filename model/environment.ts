// Environment variables of breeds and workflows.
import { mapOf, textOrScalar } from "./map.ts";
import { variableName } from "./names.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, mismatch, refine, withinBytes } from "./reader.ts";
import { withReferences } from "./secret-reference.ts";

/** A process gets these within the kernel's limit for all arguments and variables together. */
const environmentBytesMax = 131_072;
/** Three weeks: beyond it a timer of Node overflows. */
const secondsMax = 1_814_400;

/** Drover sets these itself: they lead user code to the gateway of its own agent, and only there. */
const setByDrover: ReadonlySet<string> = new Set(["VAMP_URL", "VAMP_API_TOKEN", "VAMP_NAMESPACE"]);

/** How long between two executions of a script and how long one may take, in seconds; 0 is off. */
const inSeconds: ReadonlySet<string> = new Set(["VAMP_WORKFLOW_EXECUTION_PERIOD", "VAMP_WORKFLOW_EXECUTION_TIMEOUT"]);

const settableName = refine(variableName, (variable, at) => {
  if (!setByDrover.has(variable)) return accepted(variable);
  const expected = "a variable that Drover does not set itself";
  return refused({ path: at, expected, got: variable, fix: `remove it; for another server choose another name` });
});

const seconds = refine(textOrScalar, (value, at) => {
  if (value === "" || (/^\d{1,8}(\.\d{1,3})?$/.test(value) && Number(value) <= secondsMax)) return accepted(value);
  const digits = /^\d+/.exec(value)?.[0] ?? "0";
  return mismatch(at, value, { expected: `seconds from 0 (off) to ${secondsMax}`, fix: `write "${digits}"` });
});

/** May refer to secrets. */
const setting = withReferences(textOrScalar);

export const environment: Reader<Readonly<Record<string, string>>> = withinBytes(
  mapOf({
    noun: "environment variables",
    key: settableName,
    value: (variable) => (inSeconds.has(variable) ? seconds : setting),
  }),
  environmentBytesMax,
);
