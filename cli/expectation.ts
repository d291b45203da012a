// What somebody expects of the runs of a test, and how what happened differs from it. Pure.
//
//   X1. Of an object only the fields that are named are compared; a list must have as many items, each like the one at its place;
//       anything else must be equal. So is it for results and for values of events.
//   X2. An event carries all tags that are named, and may carry more. The events of a run are compared in their order, when any are
//       named: `events: []` expects none.
//   X3. A run that nothing is said about is expected to complete.
import { jsonValue } from "../model/json-value.ts";
import { listOf } from "../model/list.ts";
import type { Parsed } from "../model/problem.ts";
import { type Reader, isObject } from "../model/reader.ts";
import { maybe, optional, record } from "../model/record.ts";
import { oneOf, text } from "../model/text.ts";
import type { TestedEvent } from "./breed-test-api.ts";

const itemsMax = 10_000;
const textCharsMax = 16_384;
const outcomes = ["completed", "failed", "timed-out"] as const;

export type ExpectedEvent = { readonly type?: string; readonly tags?: readonly string[]; readonly value?: unknown };
export type Expectation = {
  readonly outcome: (typeof outcomes)[number];
  readonly result?: unknown;
  /** A part of the message of the error with which it failed. */
  readonly error?: string;
  readonly events?: readonly ExpectedEvent[];
};

/** One thing that is not as expected. */
export type Mismatch = { readonly path: string; readonly expected: unknown; readonly got: unknown };

const word = text({ expected: "a text", fix: "leave it out to expect any", charsMax: textCharsMax });
const tags: Reader<readonly string[]> = (raw, at) =>
  listOf(word, { noun: "tags", itemsMax })(typeof raw === "string" ? [raw] : raw, at);

const expectedEvent = record<ExpectedEvent>(
  { type: maybe(word), tags: maybe(tags), value: maybe<unknown>(jsonValue, { nullIsValue: true }) },
  { noun: "an expected event" },
);

const expectation = record<Expectation>(
  {
    outcome: optional<Expectation["outcome"]>(oneOf(...outcomes), "completed"),
    result: maybe<unknown>(jsonValue, { nullIsValue: true }),
    error: maybe(word),
    events: maybe(listOf(expectedEvent, { noun: "events", itemsMax })),
  },
  { noun: "what is expected of a run" },
);

/** One for each event of the fixture, in their order. */
export function parseExpectations(documents: readonly unknown[]): Parsed<readonly Expectation[]> {
  return listOf(expectation, { noun: "expectations", itemsMax })(documents, "expected");
}

export const completes: Expectation = { outcome: "completed" };

export function mismatchesOf(
  { outcome, events, eventsRefused }: TestedEvent,
  expected: Expectation,
): readonly Mismatch[] {
  const found: Mismatch[] = [];
  if (outcome.kind !== expected.outcome) found.push({ path: "outcome", expected: expected.outcome, got: outcome.kind });
  if (expected.result !== undefined) {
    const result = outcome.kind === "completed" ? outcome.result : undefined;
    found.push(...differing(expected.result, result, "result"));
  }
  if (expected.error !== undefined) {
    const message = outcome.kind === "failed" ? outcome.error.message : undefined;
    if (message?.includes(expected.error) !== true)
      found.push({ path: "error", expected: expected.error, got: message });
  }
  if (expected.events !== undefined) found.push(...differingEvents(expected.events, events));
  if (eventsRefused > 0)
    found.push({ path: "events captured", expected: "all of them", got: `${eventsRefused} too many` });
  return found;
}

/** What happened, as the expectation that it fulfils. */
export function expectationOf({ outcome, events }: TestedEvent): Partial<Expectation> | { readonly outcome: string } {
  return {
    outcome: outcome.kind,
    ...(outcome.kind === "completed" && outcome.result !== undefined && { result: outcome.result }),
    ...(outcome.kind === "failed" && { error: outcome.error.message }),
    events: events.map(({ type, tags: carried, value }) => ({ type, tags: carried, value })),
  };
}

function differingEvents(expected: readonly ExpectedEvent[], got: TestedEvent["events"]): Mismatch[] {
  const found: Mismatch[] = [];
  for (let place = 0; place < Math.max(expected.length, got.length); place += 1) {
    const path = `events[${place}]`;
    const [wanted, event] = [expected[place], got[place]];
    if (wanted === undefined || event === undefined) {
      found.push({ path, expected: wanted, got: event && { type: event.type, tags: event.tags, value: event.value } });
      continue;
    }
    if (wanted.type !== undefined && wanted.type !== event.type)
      found.push({ path: `${path}.type`, expected: wanted.type, got: event.type });
    const missing = (wanted.tags ?? []).filter((tag) => !event.tags.includes(tag));
    if (missing.length > 0) found.push({ path: `${path}.tags`, expected: missing, got: event.tags });
    if (wanted.value !== undefined) found.push(...differing(wanted.value, event.value, `${path}.value`));
  }
  return found;
}

function differing(expected: unknown, got: unknown, path: string): Mismatch[] {
  if (isObject(expected) && isObject(got))
    return Object.entries(expected).flatMap(([name, value]) =>
      differing(value, Object.hasOwn(got, name) ? got[name] : undefined, `${path}.${name}`),
    );
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length)
    return expected.flatMap((item, place) => differing(item, got[place], `${path}[${place}]`));
  const isEqual = !isComposite(expected) && Object.is(expected, got);
  return isEqual ? [] : [{ path, expected, got }];
}

function isComposite(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
