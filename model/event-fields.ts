// The fields of an event, as senders give them and as schedules ask for them.
import { eventSourceCharsMax, eventTagCharsMax, eventTagsMax, eventTypeCharsMax } from "./event-limits.ts";
import { listOf } from "./list.ts";
import { refused } from "./problem.ts";
import type { Reader } from "./reader.ts";
import { text } from "./text.ts";

/** Nor half of a surrogate pair, which no UTF-8 can carry. */
export const noControlCharacter = /^[^\p{Cc}\p{Cs}]+$/u;

const tag = text({
  expected: "a tag: a text without control characters",
  fix: 'write one such as "hello" or "workflows:hello"',
  charsMax: eventTagCharsMax,
  pattern: noControlCharacter,
});

const tagList = listOf(tag, { noun: "tags", itemsMax: eventTagsMax });

/** One tag as a text, or a list of them; at least one. */
export const eventTags: Reader<readonly string[]> = (raw, at) => {
  if (typeof raw === "string") {
    const parsed = tag(raw, at);
    return parsed.ok ? { ok: true, value: [parsed.value] } : parsed;
  }
  if (Array.isArray(raw) && raw.length > 0) return tagList(raw, at);
  const got = raw === undefined ? "nothing" : Array.isArray(raw) ? "an empty list" : `a ${typeof raw}`;
  return refused({ path: at, expected: "at least one tag", got, fix: 'add one, such as "hello"' });
};

export const eventType: Reader<string> = text({
  expected: "an event type: letters, digits, underscore, dash, dot and slash",
  fix: 'write one such as "my_type" or "com.example.order"',
  charsMax: eventTypeCharsMax,
  pattern: /^[A-Za-z0-9_./-]+$/,
});

export const eventSource: Reader<string> = text({
  expected: "a source",
  fix: 'write one such as "/shop"',
  charsMax: eventSourceCharsMax,
  pattern: noControlCharacter,
});
