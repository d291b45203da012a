// Who of many tailers is handed an event.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Tailer, createTailers } from "../../controller/events/tailers.ts";
import { type EventFilter, compileFilter } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";

const tag = fc.constantFrom("a", "b", "a:b", "runs:r-1", "workflows:w");
const type = fc.constantFrom("t", "t.u", "order.new", "run");
const pattern = fc.oneof(type, fc.constantFrom("*", "#", "order.*", "t.#"));
const source = fc.constantFrom("/api", "/controller", "/workflows/w");
const filters: fc.Arbitrary<EventFilter> = fc.record(
  {
    tags: fc.array(tag, { maxLength: 2 }),
    type: pattern,
    source: fc.oneof(source, fc.constant("/work*")),
    run: fc.constantFrom("r-1"),
    workflow: fc.constantFrom("w"),
  },
  { requiredKeys: [] },
);
const events: fc.Arbitrary<Event> = fc.record({
  id: fc.constant("e"),
  source,
  type,
  tags: fc.array(tag, { minLength: 1, maxLength: 3 }),
  value: fc.constant(null),
  timestamp: fc.constant("2026-01-01T00:00:00.000Z"),
});

const fails = (error: Error): void => {
  throw error;
};

test("each tailer is handed what its filter lets by, once; one that is gone nothing", () => {
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 20 }), fc.array(events, { maxLength: 20 }), (asked, emitted) => {
      const tailers = createTailers();
      const all = asked.map((filter, n) => ({ filter, key: {}, isGone: n % 5 === 4, seen: [] as number[] }));
      for (const { key, filter, seen } of all)
        tailers.set(key, { filter, push: ({ seq }) => seen.push(seq), failed: fails });
      for (const { key, isGone } of all) if (isGone) tailers.set(key, null);
      for (const [seq, event] of emitted.entries()) tailers.offer({ seq, event });
      for (const { filter, isGone, seen } of all) {
        const matches = compileFilter(filter);
        expect(seen).toEqual(isGone ? [] : [...emitted.keys()].filter((seq) => matches(emitted[seq] as Event)));
        expect(tailers.isEmpty).toBe(all.every((one) => one.isGone));
      }
    }),
  );
});

test("what a tailer throws is its own end, and the others go on", () => {
  const tailers = createTailers();
  const seen: string[] = [];
  const broken: Tailer = {
    filter: {},
    push() {
      throw new Error("full");
    },
    failed: (error) => seen.push(`failed: ${error.message}`),
  };
  tailers.set({}, broken);
  tailers.set({}, { filter: {}, push: ({ seq }) => seen.push(`got ${seq}`), failed: fails });
  const event = { id: "e", source: "/api", type: "t", tags: ["a"], value: 1, timestamp: "2026-01-01T00:00:00.000Z" };
  tailers.offer({ seq: 1, event });
  expect(seen).toEqual(["failed: full", "got 1"]);
});
