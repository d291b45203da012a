// YAML 1.2 texts: read with bounds, written for people.
import { CORE_SCHEMA, DEFAULT_SCALAR_STYLE_RULES, SCALAR_STYLE, YAMLException, dump, loadAll, mergeTag } from "js-yaml";
import type { ScalarStyleRule } from "js-yaml";
import { depthMax } from "./json-value.ts";
import { type Parsed, accepted, refused } from "./problem.ts";

/** Per document. Aliases that multiply are caught by the limit on values; this one is for honest mistakes. */
const aliasesMax = 1_000;
const reasonCharsMax = 80;

/** Without timestamps, so that dates stay the texts they were; with merge keys (`<<`), which many people use. */
const schema = CORE_SCHEMA.withTags(mergeTag);

const remedies: readonly (readonly [reason: RegExp, fix: string])[] = [
  [/duplicated mapping key/, "remove one of the two"],
  [/unknown .*tag/, "remove the tag"],
  [/aliases/i, "write the values out"],
  [/complex keys/, "use a plain text as the key"],
];

/** Every document of a text, empty ones as null. Duplicate keys are errors. */
export function readYaml(text: string): Parsed<unknown[]> {
  try {
    return accepted(loadAll(text, { schema, maxDepth: depthMax, maxAliases: aliasesMax }));
  } catch (error) {
    const reason = error instanceof YAMLException ? error.reason : String(error);
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const path = mark ? `line ${mark.line + 1}, column ${mark.column + 1}` : "text";
    const fix = isIndentedByTab(text, mark?.line) ? "indent with spaces instead of tabs" : fixFor(reason);
    return refused({ path, expected: "valid YAML", got: reason.slice(0, reasonCharsMax), fix });
  }
}

/** Documents in block style. Lines are never folded, and a text of several lines is written as it is, behind `|`. */
export function writeYaml(values: readonly unknown[]): string {
  const scalarStyleRules = [literalForLines, ...Object.values(DEFAULT_SCALAR_STYLE_RULES)];
  return values.map((value) => dump(value, { lineWidth: -1, noRefs: true, scalarStyleRules })).join("---\n");
}

/** By default a tab anywhere in a text puts all its lines into one, in double quotes: no way to show a script. */
const literalForLines: ScalarStyleRule = (layout) => {
  const isAllowed = (layout.allowedStylesMask & (1 << SCALAR_STYLE.LITERAL_BLOCK)) !== 0;
  if (!layout.isKey && isAllowed && /\n./.test(layout.node.value) && layout.style === SCALAR_STYLE.PLAIN) {
    layout.style = SCALAR_STYLE.LITERAL_BLOCK;
  }
};

function fixFor(reason: string): string {
  return remedies.find(([pattern]) => pattern.test(reason))?.[1] ?? "correct the text there";
}

function isIndentedByTab(text: string, line: number | undefined): boolean {
  return line !== undefined && /^ *\t/.test(text.split("\n", line + 1)[line] ?? "");
}
