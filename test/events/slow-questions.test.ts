// Questions that take long: tried first, then in turns, never for ever.
import { beforeEach, expect, test } from "vitest";
import type { Asked } from "../../controller/events/questions.ts";
import { type SlowQuestions, createSlowQuestions, limitMs } from "../../controller/events/slow-questions.ts";
import type { Steps } from "../../controller/events/steps.ts";

let nowMs: number;
let turns: (() => void)[];
let said: string[];
let open: Set<number>;
let slow: SlowQuestions;

/** Their number is how many slices they take. */
const asked = (id: number, slices = 1): Asked => ({
  id,
  question: "aggregate",
  given: [slices],
  passed: 0,
  askedAtMs: nowMs,
});

function* lasting(slices: number): Steps<string> {
  for (let slice = 1; slice < slices; slice += 1) {
    nowMs += 12;
    for (let step = 0; step < 16; step += 1) yield;
  }
  return "done";
}

beforeEach(() => {
  nowMs = 0;
  turns = [];
  said = [];
  open = new Set();
  slow = createSlowQuestions({
    begin({ id, given }) {
      if (given[0] === 0) throw new Error("no such file");
      open.add(id);
      return { steps: lasting(Number(given[0])), end: () => void open.delete(id) };
    },
    onAnswer: ({ id }, answer) => void said.push(`${id} ${String(answer)}`),
    onRefused: ({ id }, reason) => void said.push(`${id} ${reason}`),
    onFailed: ({ id }, error) => void said.push(`${id} ${String(error)}`),
    nowMs: () => nowMs,
    later: (next) => void turns.push(next),
  });
});

function turn(count = Infinity): void {
  for (let n = 0; n < count && turns.length > 0; n += 1) turns.shift()?.();
}

test("what is quick is answered before what was asked earlier and takes long", () => {
  for (let id = 1; id <= 6; id += 1) slow.add(asked(id, 20));
  turn(8);
  slow.add(asked(7));
  turn();
  expect(said[0]).toBe("7 done");
  expect(said).toHaveLength(7);
  expect(open.size).toBe(0);
});

test("no more than two go on at once, and one that is too many is refused with the reason", () => {
  for (let id = 1; id <= 36; id += 1) slow.add(asked(id, 150));
  for (let n = 0; n < 80; n += 1) {
    turn(1);
    expect(open.size).toBeLessThanOrEqual(2);
  }
  const reason = "34 questions that take long are asked already; ask again later";
  expect(said).toEqual([`35 ${reason}`, `36 ${reason}`]);
  turn();
  expect(said.slice(2, 4).toSorted()).toEqual([1, 2].map((id) => `${id} done`));
  expect(said).toHaveLength(36);
});

test("what is asked too long ago is refused, whether it goes on, waits or has not begun", () => {
  for (let id = 1; id <= 6; id += 1) slow.add(asked(id, 1_000));
  turn(12);
  nowMs = limitMs;
  slow.add({ ...asked(7), askedAtMs: 0 });
  turn();
  expect(said.filter((one) => one.includes("longer than 30 s"))).toHaveLength(7);
  expect(open.size).toBe(0);
});

test("what is cancelled is not worked on any more, wherever it is", () => {
  for (let id = 1; id <= 6; id += 1) slow.add(asked(id, 1_000));
  turn(12);
  slow.add(asked(7));
  expect(open.size).toBe(2);
  for (let id = 1; id <= 7; id += 1) slow.cancel(id);
  expect(open.size).toBe(0);
  turn();
  expect(said).toEqual([]);
});

test("all can be taken back, to be asked elsewhere, and what cannot be begun fails", () => {
  for (let id = 1; id <= 6; id += 1) slow.add(asked(id, 1_000));
  turn(12);
  expect(
    slow
      .clear()
      .map(({ id }) => id)
      .toSorted((a, b) => a - b),
  ).toEqual([1, 2, 3, 4, 5, 6]);
  expect(open.size).toBe(0);
  slow.add(asked(7, 0));
  turn();
  expect(said).toEqual(["7 Error: no such file"]);
});
