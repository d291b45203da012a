// The events that set off a workflow: all tags must be present; the type, when given, is a topic pattern; the source, when given,
// must be equal, up to a `*` at its end.
import { eventSource, eventTags } from "./event-fields.ts";
import { accepted } from "./problem.ts";
import { type Reader, isObject, mismatch, refine } from "./reader.ts";
import { maybe, optional, record } from "./record.ts";
import { shown } from "./shown.ts";
import { topicPattern } from "./topic-pattern.ts";

export type EventSchedule = { readonly tags: readonly string[]; readonly type?: string; readonly source?: string };

/** None at all is what a schedule that asks for a type or a source only is stored with. */
const filterTags: Reader<readonly string[]> = (raw, at) =>
  Array.isArray(raw) && raw.length === 0 ? accepted([]) : eventTags(raw, at);

export const sourcePattern = refine(eventSource, (source, at) => {
  const star = source.indexOf("*");
  if (star < 0 || star === source.length - 1) return accepted(source);
  const expected = "a source, exact or with one * at its end";
  return mismatch(at, source, { expected, fix: `write ${shown(source.slice(0, star + 1))}` });
});

const filter = refine(
  record<EventSchedule>(
    { tags: optional(filterTags, []), type: maybe(topicPattern), source: maybe(sourcePattern) },
    { noun: "an event schedule" },
  ),
  (schedule, at) =>
    schedule.tags.length > 0 || schedule.type !== undefined || schedule.source !== undefined
      ? accepted(schedule)
      : mismatch(at, {}, { expected: "at least one of tags, type and source", fix: 'add "tags:" with a tag' }),
);

/** `"tag"`, `["tag", …]` or `{tags, type?, source?}`. */
export const eventSchedule: Reader<EventSchedule> = (raw, at) => {
  if (isObject(raw)) return filter(raw, at);
  const parsed = eventTags(raw, at);
  return parsed.ok ? accepted({ tags: parsed.value }) : parsed;
};
