// How a workflow's runs are executed, and which of these settings cannot work together.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../model/workflow.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const minimal = { name: "hello", breed: "hello", schedule: "daemon" };

test.for<[given: Record<string, unknown>, stored: Record<string, unknown>]>([
  [{ concurrency: 64 }, { concurrency: 64 }],
  [{ retry: 3 }, { retry: { times: 3, delay: "PT1S", factor: 2 } }],
  [{ retry: {} }, { retry: { times: 0, delay: "PT1S", factor: 2 } }],
  [{ retry: { times: 100, delay: "PT0S", factor: 1.5 } }, { retry: { times: 100, delay: "PT0S", factor: 1.5 } }],
  [{ timeout: "P7D" }, { timeout: "P7D" }],
  [{ isolation: "container" }, { isolation: "container" }],
  [{ isolation: "container", scale: { instances: 3 } }, { isolation: "container" }],
  [{ keep_warm: "always" }, { keep_warm: "always" }],
  [{ keep_warm: "never" }, { keep_warm: "never" }],
  [{ keep_warm: "PT30S" }, { keep_warm: "PT30S" }],
  [
    { schedule: { time: { period: "PT5S", overlap: "allow" } }, concurrency: 4, scale: { instances: 2 } },
    { concurrency: 4 },
  ],
  [{ schedule: { time: { period: "PT5S", overlap: "queue" } }, scale: { instances: 0 } }, { concurrency: 1 }],
])("the execution %j is stored as %j, and may be written back", ([given, stored]) => {
  const { workflow } = valueOf(parseWorkflow({ ...minimal, ...given }));
  expect(workflow).toMatchObject(stored);
  expect(valueOf(parseWorkflow(workflow)).workflow).toStrictEqual(workflow);
});

describe("refused", () => {
  const inQueue = { time: { period: "PT5S", overlap: "queue" } };
  const oneAtATime = 'one run at a time with "queue": a concurrency of 1 and at most 1 instance';

  test.for<[what: string, raw: unknown, ...problems: string[]]>([
    [
      "no concurrency",
      { ...minimal, concurrency: 0 },
      "workflow.concurrency: expected runs at the same time in each instance: a whole number from 1 to 64, got 0; write 1",
    ],
    [
      "a negative number of retries",
      { ...minimal, retry: -1 },
      "workflow.retry: expected how many times: a whole number from 0 to 100, got -1; write 0",
    ],
    [
      "a retry that is wrong all over",
      { ...minimal, retry: { times: 101, delay: "P1M", factor: 0.5 } },
      "workflow.retry.times: expected how many times: a whole number from 0 to 100, got 101; write 100",
      'workflow.retry.delay: expected a duration from "PT0S" to "P1D", got "P1M"; write it in weeks, days, hours, minutes and seconds',
      "workflow.retry.factor: expected a factor: a number from 1 to 10, got 0.5; write 1",
    ],
    [
      "a timeout in seconds",
      { ...minimal, timeout: 30 },
      'workflow.timeout: expected an ISO 8601 duration such as "PT5S", got 30; write "PT30S"',
    ],
    [
      "no time at all",
      { ...minimal, timeout: "PT0S" },
      'workflow.timeout: expected a duration from "PT1S" to "P7D", got "PT0S"; write "PT1S" or longer',
    ],
    [
      "another isolation",
      { ...minimal, isolation: "containr" },
      'workflow.isolation: expected "process" or "container", got "containr"; write "container"',
    ],
    [
      "warm for a month",
      { ...minimal, keep_warm: "P8D" },
      'workflow.keep_warm: expected a duration from "PT1S" to "P7D", got "P8D"; write "P7D" or shorter',
    ],
    [
      "warm for some time",
      { ...minimal, keep_warm: "5m" },
      'workflow.keep_warm: expected "always", "never" or a duration such as "PT5M", got "5m"; write "PT5M"',
    ],
    [
      "warm allways",
      { ...minimal, keep_warm: "allways" },
      'workflow.keep_warm: expected "always", "never" or a duration such as "PT5M", got "allways"; write "always"',
    ],
    [
      "one run after the other, and several at once",
      { ...minimal, schedule: inQueue, concurrency: 2, scale: { instances: 3 } },
      `workflow.schedule.time.overlap: expected ${oneAtATime}, got a concurrency of 2; set concurrency to 1, or write "allow"`,
      `workflow.schedule.time.overlap: expected ${oneAtATime}, got 3 instances; set scale.instances to 1, or write "allow"`,
    ],
    [
      "a container for each run, and several in it",
      { ...minimal, isolation: "container", concurrency: 2 },
      'workflow.isolation: expected one run in each container with "container": a concurrency of 1, got a concurrency of 2; set concurrency to 1 and scale.instances higher, or write "process"',
    ],
  ])("%s", ([, raw, ...problems]) => {
    expect(problemsOf(parseWorkflow(raw))).toStrictEqual(problems);
  });
});
