// Readers of lists. A list that is too long is one problem: its items are not looked at.
import { type Problem, accepted, refused } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";

export type ListRule = {
  /** What the items are, in the plural: `tags`. */
  readonly noun: string;
  readonly itemsMax: number;
};

export function listOf<T>(read: Reader<T>, { noun, itemsMax }: ListRule): Reader<readonly T[]> {
  return (raw, at) => {
    if (!Array.isArray(raw)) return mismatch(at, raw, { expected: `a list of ${noun}`, fix: "write it as a list" });
    if (raw.length > itemsMax) {
      const expected = `at most ${itemsMax} ${noun}`;
      return refused({ path: at, expected, got: String(raw.length), fix: `leave out ${raw.length - itemsMax}` });
    }
    const items: T[] = [];
    const problems: Problem[] = [];
    for (const [index, item] of raw.entries()) {
      const parsed = read(item, `${at}[${index}]`);
      if (parsed.ok) items.push(parsed.value);
      else problems.push(...parsed.problems);
    }
    return problems.length === 0 ? accepted(items) : refused(...problems);
  };
}
