// What a run's reports amount to does not depend on the order in which they come.
import { expect, test } from "vitest";
import type { Attempt, RunRecord } from "../../controller/runs/history.ts";
import { attemptsKept, merge } from "../../controller/runs/run-record.ts";
import { type RunReport, type RunState, isOver } from "../../model/run.ts";
import { at, report } from "./reports.ts";

type Case = {
  readonly name: string;
  readonly said: readonly RunReport[];
  readonly is: Partial<RunRecord>;
  readonly over: boolean;
};

const queued = report("queued", 0);
const failedAgain = report("failed", 1, { again: at(9) });
const unattempted = (state: RunState, attempt: number): RunReport =>
  report(state, attempt, { startedAt: null, instance: null });
/** As another instance tells of it. */
const foundDead = (attempt: number): RunReport => report("dead", attempt, { startedAt: null, instance: "hello-d1-1" });
const attempts = (...states: Attempt["state"][]): Attempt[] =>
  states.map((state, index) => expect.objectContaining({ state, startedAt: at(index + 1), instance: "hello-d1-0" }));

const cases: readonly Case[] = [
  { name: "a run that only waits", said: [queued], is: { state: "queued", attempt: 0, attempts: [] }, over: false },
  {
    name: "a run that completed at once",
    said: [queued, report("started", 1), report("completed", 1)],
    is: { state: "completed", attempt: 1, startedAt: at(1), finishedAt: at(2) },
    over: true,
  },
  {
    name: "a failed attempt that is tried again, under way",
    said: [queued, report("started", 1), failedAgain, report("started", 2)],
    is: { state: "started", attempt: 2 },
    over: false,
  },
  {
    name: "a failed attempt that waits for its retry",
    said: [queued, report("started", 1), failedAgain],
    is: { state: "failed", attempt: 1, again: at(9) },
    over: false,
  },
  {
    name: "an attempt that died without a word, then one that completed",
    said: [queued, report("started", 1), report("started", 2), report("completed", 2)],
    is: { state: "completed", attempt: 2, attempts: attempts("lost", "completed") },
    over: true,
  },
  {
    name: "an attempt that died without a word while it is the last one",
    said: [queued, report("started", 1), report("started", 2)],
    is: { state: "started", attempt: 2, attempts: attempts("lost", "started") },
    over: false,
  },
  {
    name: "a dead letter whose last attempt died without a word",
    said: [queued, report("started", 1), report("started", 2), foundDead(2)],
    is: { state: "dead", attempt: 2, startedAt: at(2), attempts: attempts("lost", "lost") },
    over: true,
  },
  {
    name: "such a dead letter that is given again",
    said: [queued, report("started", 1), foundDead(1), report("queued", 1, { queuedAt: at(20) })],
    is: { state: "queued", attempt: 1, startedAt: null, attempts: attempts("lost") },
    over: false,
  },
  {
    name: "a dead letter",
    said: [queued, report("started", 1), report("dead", 1)],
    is: { state: "dead", attempt: 1 },
    over: true,
  },
  {
    name: "a dead letter that is given again waits, as its attempts are behind it",
    said: [queued, report("started", 1), report("dead", 1), report("queued", 1, { queuedAt: at(20) })],
    is: { state: "queued", attempt: 1, queuedAt: at(20) },
    over: false,
  },
  {
    name: "a dead letter that was given again and completed",
    said: [report("dead", 1), report("queued", 1), report("started", 2), report("completed", 2)],
    is: { state: "completed", attempt: 2 },
    over: true,
  },
  {
    name: "a run that completed although a second agent began it again",
    said: [queued, report("started", 1), report("completed", 1), report("started", 2), report("failed", 2)],
    is: { state: "completed", attempt: 1 },
    over: true,
  },
  {
    name: "a run that was stopped from outside while it ended by itself",
    said: [queued, report("started", 1), report("stopped", 1), report("failed", 1)],
    is: { state: "failed", attempt: 1 },
    over: true,
  },
  {
    name: "a run that waited when it was stopped",
    said: [queued, report("stopped", 1, { startedAt: null, instance: null })],
    is: { state: "stopped", attempt: 0, attempts: [] },
    over: true,
  },
  {
    name: "a dead letter that never was attempted, given again",
    said: [queued, unattempted("dead", 1), report("queued", 1), report("started", 2)],
    is: { state: "started", attempt: 2 },
    over: false,
  },
  {
    name: "a run that was stopped while it waited for its retry",
    said: [queued, report("started", 1), failedAgain, unattempted("stopped", 2)],
    is: { state: "stopped", attempt: 1, startedAt: null },
    over: true,
  },
];

test.each(cases)("$name is the same in every order, and told twice", ({ said, is, over }) => {
  const records = orders([...said, ...said.slice(0, 1)]).map((order) => order.reduce(mergeInto, null));
  for (const record of records) expect(record).toEqual(records[0]);
  expect(records[0]).toMatchObject(is);
  expect(isOver(records[0] as RunRecord)).toBe(over);
});

test("each attempt is kept as it ended, without the result and the stack, which the run itself has", () => {
  const error = { message: "it broke", stack: "at line 1" };
  const failed = report("failed", 1, { again: at(9), outcome: { kind: "failed", exitCode: 1, error } });
  const completed = report("completed", 3, { outcome: { kind: "completed", exitCode: 0, result: { big: true } } });
  const record = [failed, report("started", 2), completed].reduce(mergeInto, null);
  expect(record?.attempts.map(({ attempt, state }) => [attempt, state])).toEqual([
    [1, "failed"],
    [2, "lost"],
    [3, "completed"],
  ]);
  expect(record?.attempts[0]?.outcome).toEqual({ kind: "failed", exitCode: 1, error: { message: "it broke" } });
  expect(record?.attempts[2]?.outcome).toEqual({ kind: "completed", exitCode: 0 });
  expect(record?.outcome).toEqual({ kind: "completed", exitCode: 0, result: { big: true } });
});

test("of many attempts the last ones are kept and all are counted, whatever their order", () => {
  const many = Array.from({ length: 50 }, (_, n) => report("failed", n + 1, { again: at(59) }));
  const forward = many.reduce(mergeInto, null);
  expect(forward?.attempt).toBe(50);
  expect(forward?.attempts.map(({ attempt }) => attempt)).toEqual(
    Array.from({ length: attemptsKept }, (_, n) => 31 + n),
  );
  expect(many.toReversed().reduce(mergeInto, null)).toEqual(forward);
});

const mergeInto = (record: RunRecord | null, said: RunReport): RunRecord | null => merge(record, said);

function orders<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [items.slice()];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item].concat(rest)));
}
