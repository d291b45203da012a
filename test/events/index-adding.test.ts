// A batch of which not all can be added.
import { expect, test } from "vitest";
import { addAll, oneMore, together } from "../../controller/events/index-adding.ts";
import type { IndexedEvent } from "../../controller/events/questions.ts";
import { anEvent } from "../runs/reports.ts";

const batch: IndexedEvent[] = [1, 2, 3, 4].map((seq) => ({ seq, event: anEvent(`e${seq}`) }));

/** Keeps what it was given, in transactions. `refuses` throws for those that it will not have. */
function storeOf(refuses: (seq: number) => void) {
  const kept: number[] = [];
  return {
    kept,
    through: 0,
    add(events: readonly IndexedEvent[], through: number) {
      for (const { seq } of events) refuses(seq);
      kept.push(...events.map(({ seq }) => seq));
      this.through = through;
    },
  };
}

test("what cannot be added is passed over, and the others are there in order", () => {
  const store = storeOf((seq) => {
    if (seq === 2 || seq === 4) throw new RangeError("too deep");
  });
  expect(addAll(store, batch, 9)).toEqual({ count: 2, sequence: 2, reason: "RangeError: too deep" });
  expect(store.kept).toEqual([1, 3]);
  expect(store.through).toBe(9);
});

test("what SQLite will not have of one event is no fault of the file", () => {
  const store = storeOf((seq) => {
    if (seq === 3) throw Object.assign(new Error("NOT NULL constraint failed"), { errcode: 1299 });
  });
  expect(addAll(store, batch, 9)).toMatchObject({ count: 1, sequence: 3 });
  expect(store.kept).toEqual([1, 2, 4]);
});

test("a file that fails is not taken for an event that cannot be added", () => {
  const full = Object.assign(new Error("database or disk is full"), { errcode: 13 });
  const store = storeOf((seq) => {
    if (seq === 3) throw full;
  });
  expect(() => addAll(store, batch, 9)).toThrow(full);
  expect(store.through).toBe(0);
});

test("what was passed over is counted together, by the first of them", () => {
  const first = oneMore(null, { sequence: 1, reason: "a" });
  expect(together(oneMore(first, { sequence: 2, reason: "b" }), first)).toEqual({ count: 3, sequence: 1, reason: "a" });
  expect(together(null, first)).toEqual(first);
  expect(together(null, null)).toBeNull();
});
