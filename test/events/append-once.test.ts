// What keeps a named event from being stored twice: which questions are asked, how new the index must be, and what of a batch stays.
import { expect, test } from "vitest";
import { createAppendOnce } from "../../controller/events/append-once.ts";
import type { EventToAppend } from "../../controller/events/append.ts";
import type { Event } from "../../model/event.ts";
import { startBus } from "../triggers/bus.ts";
import { eventOf, startController, untilJournalIsEmpty } from "./batch-bus.ts";

type Asked = { readonly ids: readonly string[]; readonly passed: number };

/** A stream of which each event is at once in the index. */
function startHere() {
  const stored = new Map<string, Event>();
  const asked: Asked[] = [];
  const here = { nowMs: 0, end: 10, asked, stored };
  const store = async (event: EventToAppend) => {
    const named: Event = { id: "random", ...event };
    const duplicate = stored.has(named.id);
    if (!duplicate) stored.set(named.id, named);
    return { event: named, seq: 1, duplicate };
  };
  const once = createAppendOnce({
    appender: { store, append: async (event) => (await store(event)).event, appendAll: async () => [] },
    history: {
      event: async (id) => stored.get(id) ?? null,
      async knownEvents(ids, passed) {
        asked.push({ ids, passed });
        return new Set(ids.filter((id) => stored.has(id)));
      },
      streamEnd: async () => here.end,
    },
    nowMs: () => here.nowMs,
  });
  return { ...here, once, set: (change: Partial<typeof here>) => Object.assign(here, change) };
}

test("events of one turn are one question, and those without a name are none", async () => {
  const { once, asked } = startHere();
  const { id: _, ...unnamed } = eventOf(9);
  await Promise.all([once.append(eventOf(1)), once.append(unnamed), once.append(eventOf(2))]);
  expect(asked).toEqual([{ ids: ["e-1", "e-2"], passed: 10 }]);
});

test("the index must have seen the stream of 45 seconds ago, which the duplicate window covers, and nothing newer", async () => {
  const { once, asked, set } = startHere();
  await once.append(eventOf(1));
  set({ nowMs: 45_000, end: 20 });
  await once.append(eventOf(2));
  set({ nowMs: 45_001 });
  await once.append(eventOf(3));
  expect(asked.map(({ passed }) => passed)).toEqual([10, 10, 20]);
});

test("who comes again is answered with what is stored, be it known to the index or only to the stream", async () => {
  const { once, stored } = startHere();
  const first = await once.append(eventOf(1));
  expect(await once.append(eventOf(1, { value: "again" }))).toEqual(first);
  const both = await Promise.all([once.append(eventOf(2)), once.append(eventOf(2, { value: "again" }))]);
  expect(both).toEqual([stored.get("e-2"), stored.get("e-2")]);
});

test("what of a batch is known is left out; the rest is stored in its order, also when it takes several parts of the journal", async () => {
  await using bus = await startBus();
  const { appender } = await startController(bus, "one");
  const large = Array.from({ length: 7 }, (_, n) => eventOf(n, { value: `${n}`.repeat(300_000) }));
  const known = new Set(["e-0", "e-3", "e-4"]);
  expect(await appender.appendAll(large, async () => known)).toEqual(large.map(({ id }) => id));
  const stored = await bus.events("reading");
  expect(stored.map(({ id, value }) => [id, String(value).slice(0, 1)])).toEqual(
    [1, 2, 5, 6].map((n) => [`e-${n}`, String(n)]),
  );
  expect(await appender.appendAll(large, async (ids) => new Set(ids))).toHaveLength(7);
  expect(await bus.events("reading")).toHaveLength(4);
  await untilJournalIsEmpty(bus.nc);
});
