// What a secret is made of: a name, and values under keys. No problem here ever shows a value, or a part of one.
import { mapOf } from "./map.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, refine, withinBytes } from "./reader.ts";
import { shownKind } from "./shown.ts";
import { text } from "./text.ts";

/** A key is also the name of a file, and is often that of an environment variable. */
const keyCharsMax = 128;
/** A chain of certificates has room in it; the kernel takes no environment variable of twice as much. */
const valueBytesMax = 65_536;
export const keysMax = 64;
/** Of one secret as JSON: it is stored encrypted, in a message of at most 1 MiB. */
export const valuesBytesMax = 262_144;
/** Shorter values are found in harmless texts all the time, so they are not masked. */
export const maskedCharsMin = 6;

export const secretKey: Reader<string> = text({
  expected:
    "the key of a secret: letters, digits, dot, dash and underscore, beginning with a letter, digit or underscore",
  fix: 'write one such as "TOKEN"',
  charsMax: keyCharsMax,
  pattern: /^\w[\w.-]*$/,
});

const secretValue: Reader<string> = (raw, at) => {
  const bytes = typeof raw === "string" ? Buffer.byteLength(raw) : 0;
  if (typeof raw === "string" && bytes > 0 && bytes <= valueBytesMax && !raw.includes("\0")) return accepted(raw);
  return refused({
    path: at,
    expected: `a text of 1 to ${valueBytesMax} bytes without NUL`,
    got: bytes > 0 ? `${bytes} bytes${bytes > valueBytesMax ? "" : " with NUL"}` : shownKind(raw),
    fix: bytes > 0 ? "split it, or write bytes in base64" : "write it as text, in quotes",
  });
};

export const secretValues: Reader<Readonly<Record<string, string>>> = withinBytes(
  refine(mapOf({ noun: "values", key: secretKey, value: () => secretValue }), (values, at) => {
    const count = Object.keys(values).length;
    if (count > 0 && count <= keysMax) return accepted(values);
    const fix = count === 0 ? "add a key and its value" : "make several secrets";
    return refused({ path: at, expected: `1 to ${keysMax} keys`, got: String(count), fix });
  }),
  valuesBytesMax,
);
