// A fixture: the events that a breed is tested with. They are events as the API shows them; of one that is written by hand its tags
// are enough.
import { type Attributes, type Event, expandTags } from "./event.ts";
import { eventSource, eventType } from "./event-fields.ts";
import { eventTagCharsMax, eventTagsMax, eventValueBytesMax } from "./event-limits.ts";
import { instant } from "./instant.ts";
import { jsonValue } from "./json-value.ts";
import { listOf } from "./list.ts";
import { wholeNumber } from "./number.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { type Reader, isObject, mismatch, refine, withinBytes } from "./reader.ts";
import { maybe, optional, record, required } from "./record.ts";
import { hopsMax } from "./run.ts";
import { text } from "./text.ts";

/** Somebody waits for all of them, and each is a run. */
export const fixtureEventsMax = 100;
/** As JSON. As much as one request may hold; YAML could stand for more. */
const fixtureBytesMax = 1_048_576;
const idCharsMax = 256;
/** Of what a CloudEvents sender gave beside the rest. */
const attributesBytesMax = 65_536;

const id = (noun: string): Reader<string> =>
  text({ expected: noun, fix: "leave it out", charsMax: idCharsMax, pattern: /^\P{Cc}+$/u });

/** Stored tags are as many as were sent, and one more for each that has a colon. */
const tagList = listOf(
  text({ expected: "a tag", fix: 'write one such as "hello"', charsMax: eventTagCharsMax, pattern: /^\P{Cc}+$/u }),
  { noun: "tags", itemsMax: 2 * eventTagsMax },
);

const tags: Reader<readonly string[]> = refine(
  (raw, at) => tagList(typeof raw === "string" ? [raw] : raw, at),
  (value, at) =>
    value.length > 0
      ? accepted(value)
      : refused({ path: at, expected: "at least one tag", got: "an empty list", fix: 'add one, such as "hello"' }),
);

const attributes: Reader<Attributes> = withinBytes((raw, at) => {
  const wanted = { expected: "an object of texts, numbers and booleans", fix: "leave it out" };
  return isObject(raw) && Object.values(raw).every(isScalar) ? accepted(raw as Attributes) : mismatch(at, raw, wanted);
}, attributesBytesMax);

type Written = Omit<Event, "id" | "timestamp"> & Partial<Pick<Event, "id" | "timestamp">>;

const written = record<Written>(
  {
    id: maybe(id("the id of an event")),
    source: optional(eventSource, "/api"),
    type: optional(eventType, "event"),
    tags: required(tags, 'add "tags:" with a tag or a list of tags'),
    value: optional<unknown>(withinBytes(jsonValue, eventValueBytesMax), "", { nullIsValue: true }),
    timestamp: maybe(instant),
    run: maybe(id("the id of a run")),
    cause: maybe(id("the id of an event")),
    hops: maybe(wholeNumber({ noun: "hops", min: 0, max: hopsMax })),
    attributes: maybe(attributes),
  },
  { noun: "an event of a fixture" },
);

const list = refine(
  withinBytes(listOf(written, { noun: "events", itemsMax: fixtureEventsMax }), fixtureBytesMax),
  (events, at) =>
    events.length > 0
      ? accepted(events)
      : refused({ path: at, expected: "at least one event", got: "an empty list", fix: "add one with tags" }),
);

/** A list of events, or one. Ids that are left out count the events: `fixture-1`. */
export function parseFixture(raw: unknown, at: string, now: Date): Parsed<readonly Event[]> {
  const parsed = list(isObject(raw) ? [raw] : raw, at);
  if (!parsed.ok) return parsed;
  return accepted(parsed.value.map((event, place) => completed(event, place, now)));
}

function completed({ id: named, timestamp, ...rest }: Written, place: number, now: Date): Event {
  return {
    id: named ?? `fixture-${place + 1}`,
    ...rest,
    tags: expandTags(rest.tags),
    timestamp: timestamp ?? now.toISOString(),
  };
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}
