// Questions that wait for the index.
import { expect, test } from "vitest";
import { createHeldQuestions, isAnswerable } from "../../controller/events/held-questions.ts";
import { type Asked, asItIs } from "../../controller/events/questions.ts";

const asked = (id: number, passed: number): Asked => ({ id, question: "openRuns", given: [], passed, askedAtMs: 0 });

test.each([
  { passed: asItIs, through: 0, floor: 100, answerable: true },
  { passed: 0, through: 99, floor: 100, answerable: false },
  { passed: 0, through: 100, floor: 100, answerable: true },
  { passed: 120, through: 100, floor: 100, answerable: false },
  { passed: 120, through: 120, floor: 100, answerable: true },
])(
  "a question for $passed, of an index that has seen $through and must see $floor, is answered: $answerable",
  ({ passed, answerable, ...seen }) => {
    expect(isAnswerable(asked(1, passed), seen)).toBe(answerable);
  },
);

test("each is taken out once: when it can be answered, or when it has waited too long", () => {
  let nowMs = 0;
  const held = createHeldQuestions(() => nowMs);
  held.hold(asked(1, 5));
  nowMs = 4_000;
  held.hold(asked(2, 7));
  held.hold(asked(3, 9));
  expect(held.next).toBe(5);
  expect(held.take({ through: 7, floor: 0 })).toEqual({ ready: [asked(1, 5), asked(2, 7)], overdue: [] });
  expect(held.next).toBe(9);
  nowMs = 13_999;
  expect(held.take({ through: 8, floor: 0 })).toEqual({ ready: [], overdue: [] });
  nowMs = 14_000;
  expect(held.take({ through: 8, floor: 0 })).toEqual({ ready: [], overdue: [asked(3, 9)] });
  expect(held.next).toBe(Infinity);
  expect(held.count).toBe(0);
});
