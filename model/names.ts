// What breeds, workflows and environment variables may be called.
import { accepted } from "./problem.ts";
import { type Reader, mismatch, refine } from "./reader.ts";
import { text } from "./text.ts";

/** A DNS label's length, so that a name fits into container names, labels and host names as it is. */
const nameCharsMax = 63;
const variableNameCharsMax = 256;

const nameRule = {
  expected: "a name: letters, digits, dot, dash and underscore, beginning with a letter or digit",
  fix: 'give it a name such as "hello"',
  charsMax: nameCharsMax,
};

/** Dots as NATS has them in a key: never two together, and none at the end. */
export const name: Reader<string> = refine(text(nameRule), (value, at) => {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/.test(value)) return accepted(value);
  const near = value
    .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
    .replaceAll(/\.{2,}/g, ".")
    .replaceAll(/^[^A-Za-z0-9]+|[.-]+$/g, "");
  return mismatch(at, value, near === "" ? nameRule : { ...nameRule, fix: `write "${near}"` });
});

export const variableName: Reader<string> = text({
  expected: "the name of an environment variable: letters, digits and underscore, not beginning with a digit",
  fix: 'write a name such as "MY_SETTING"',
  charsMax: variableNameCharsMax,
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
});
