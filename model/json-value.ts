// Free JSON within bounds: metadata, dependencies and the value of an event, which are kept as they came.
import { accepted, refused } from "./problem.ts";
import { type Reader, isObject, mismatch } from "./reader.ts";
import { shown } from "./shown.ts";

/** Deep enough for real data; deeper than this, recursive code elsewhere would exhaust its stack. */
export const depthMax = 64;
/** Counted with YAML aliases expanded, so that a short text cannot stand for a huge value. */
const nodesMax = 100_000;

/** Any JSON value. YAML's `.nan` and `.inf` are refused: JSON would turn them into null. */
export const jsonValue: Reader<unknown> = (raw, at) => {
  const flaw = flawOf(raw);
  if (flaw === null) return accepted(raw);
  return refused({ path: at, expected: "a JSON value", got: flaw, fix: "make it plainer, or a text" });
};

export const jsonObject: Reader<Readonly<Record<string, unknown>>> = (raw, at) => {
  if (!isObject(raw)) return mismatch(at, raw, { expected: "an object", fix: 'write it as "key: value"' });
  const parsed = jsonValue(raw, at);
  return parsed.ok ? accepted(raw) : parsed;
};

/** Why a value is not JSON within the bounds above, or null. It stops at the first flaw, so a huge value costs no more. */
export function flawOf(value: unknown): string | null {
  let nodes = 0;
  return visit(value, 1);

  function visit(node: unknown, depth: number): string | null {
    if (++nodes > nodesMax) return `more than ${nodesMax} values`;
    if (typeof node === "number") return Number.isFinite(node) ? null : notFinite(node);
    if (typeof node === "string" || typeof node === "boolean" || node === null) return null;
    if (typeof node !== "object") return shown(node);
    if (depth > depthMax) return `more than ${depthMax} levels`;
    for (const inner of Object.values(node)) {
      const flaw = visit(inner, depth + 1);
      if (flaw !== null) return flaw;
    }
    return null;
  }
}

/** JSON such as 1e400 is read as infinity. */
function notFinite(number: number): string {
  return Number.isNaN(number) ? shown(number) : `${number} (a number is at most 1.8e308)`;
}
