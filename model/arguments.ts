// Arguments of breeds and workflows, as Vamp writes them: `key=value`, or an object with one entry. Drover keeps them. Those that
// would reach past the container (outreach.ts) are refused when they are saved; of these, `privileged` alone can be allowed, and
// is then given to images. It interprets no others.
import { listOf } from "./list.ts";
import { textMap } from "./map.ts";
import { accepted } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";

type Argument = Readonly<Record<string, string>>;

const argumentsMax = 256;
const wanted = { expected: "an argument", fix: 'write "key=value", one list entry for each' };
const entry = textMap("arguments");

const argument: Reader<Argument> = (raw, at) => {
  if (typeof raw !== "string") {
    const parsed = entry(raw, at);
    return parsed.ok && Object.keys(parsed.value).length !== 1 ? mismatch(at, raw, wanted) : parsed;
  }
  const border = raw.indexOf("=");
  if (border < 1) return mismatch(at, raw, wanted);
  return accepted(Object.fromEntries([[raw.slice(0, border), raw.slice(border + 1)]]));
};

export const argumentList: Reader<readonly Argument[]> = listOf(argument, {
  noun: "arguments",
  itemsMax: argumentsMax,
});
