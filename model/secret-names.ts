// The secrets that a workflow wants as files: a list of names, each once.
import { listOf } from "./list.ts";
import { name } from "./names.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, refine } from "./reader.ts";

const namesMax = 64;

/** Undefined for an empty list: it says nothing. */
export const secretNames: Reader<readonly string[] | undefined> = refine(
  listOf(name, { noun: "names of secrets", itemsMax: namesMax }),
  (names, at) => {
    const twice = names.findIndex((one, index) => names.indexOf(one) < index);
    if (twice === -1) return accepted(names.length === 0 ? undefined : names);
    const got = `"${names[twice]}" twice`;
    return refused({ path: `${at}[${twice}]`, expected: "each secret once", got, fix: "remove one of them" });
  },
);
