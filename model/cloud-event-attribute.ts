// The attributes of a CloudEvent, one by one: how each is to be written (CloudEvents 1.0, "Type System" and "Attributes").
import { decodeTags } from "./cloud-event.ts";
import { eventTags, noControlCharacter } from "./event-fields.ts";
import { attributeCharsMax, attributeNameCharsMax, eventValueBytesMax, senderIdCharsMax } from "./event-limits.ts";
import { instant } from "./instant.ts";
import { type Problem, accepted } from "./problem.ts";
import { type Reader, mismatch, refine } from "./reader.ts";
import { shown } from "./shown.ts";
import { text } from "./text.ts";

/** An Integer has 32 bits. */
const integerMax = 2_147_483_647;
/** As many tags as an event may have, as long as they may be, with what is percent-encoded. */
const joinedTagsCharsMax = 65_536;

export const senderId = text({
  expected: "an id: a text without control characters",
  fix: "give it an id that no other event of its source has",
  charsMax: senderIdCharsMax,
  pattern: noControlCharacter,
});

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Stricter than `instant`: with seconds, and with a colon in the offset. */
export const timestamp: Reader<string> = (raw, at) => {
  if (typeof raw !== "string" || rfc3339.test(raw)) return instant(raw, at);
  return mismatch(at, raw, { expected: 'an instant of RFC 3339 such as "2026-01-31T08:15:30Z"', fix: "write it so" });
};

/** As Drover itself writes them. */
export const joinedTags: Reader<readonly string[]> = refine(
  text({
    expected: "tags joined by commas",
    fix: 'write them such as "a,b"',
    charsMax: joinedTagsCharsMax,
    pattern: noControlCharacter,
  }),
  (joined, at) => eventTags(decodeTags(joined), at),
);

export const plainText = text({
  expected: "a text without control characters",
  fix: "write a text, or leave it out",
  charsMax: attributeCharsMax,
  pattern: noControlCharacter,
});

export const mediaType = text({
  expected: 'a media type such as "application/json"',
  fix: "write it as type/subtype",
  charsMax: attributeCharsMax,
  pattern: /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+(?:\s*;[\x20-\x7e]*)?$/,
});

const base64Text = text({
  expected: "bytes in base64",
  fix: "encode them as in RFC 4648, section 4",
  charsMax: eventValueBytesMax,
  pattern: /^[A-Za-z0-9+/]*={0,2}$/,
});

export const base64: Reader<string> = (raw, at) => {
  if (raw === "") return accepted("");
  const parsed = base64Text(raw, at);
  if (!parsed.ok || parsed.value.length % 4 === 0) return parsed;
  const fix = "pad it with = to a multiple of 4 characters";
  return mismatch(at, raw, { expected: "bytes in base64", fix });
};

/** A value of any type that JSON can carry: String, Integer or Boolean; the other types are written as a String. */
export const extension: Reader<string | number | boolean> = (raw, at) => {
  if (typeof raw === "boolean" || raw === "") return accepted(raw);
  if (typeof raw === "number" && Number.isInteger(raw) && raw >= -integerMax - 1 && raw <= integerMax)
    return accepted(raw);
  if (typeof raw === "string") return plainText(raw, at);
  const expected = "a text, an integer of 32 bits, true or false";
  return mismatch(at, raw, { expected, fix: "write it as a text, or move it into data" });
};

/** What is wrong with the name of an extension attribute, or null. */
export function flawOfName(name: string, at: string): Problem | null {
  if (/^[a-z0-9]+$/.test(name) && name.length <= attributeNameCharsMax) return null;
  const expected = `an attribute whose name has 1 to ${attributeNameCharsMax} lower-case letters and digits`;
  const near = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(0, attributeNameCharsMax);
  return { path: at, expected, got: shown(name), fix: near === "" ? "remove it" : `write "${near}"` };
}
