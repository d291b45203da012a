// The agent of a test of a breed, as a process, and a controller that hears how its runs go.
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Assignment, TestReport, TestWork } from "../../bus/assignment.ts";
import type { QueuedRun } from "../../bus/run-message.ts";
import { testReportSubject } from "../../bus/subjects.ts";
import { type AgentFolder, bundledAgent } from "./agent-process.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

const owner = "-test-6f2c01ab";
const at = "2030-01-01T00:00:00.000Z";
const soon = { timeout: 30_000, interval: 20 };

let agent: AgentFolder;
beforeAll(async () => {
  agent = await bundledAgent();
});
afterAll(() => agent[Symbol.asyncDispose]());

const run = (place: number, value: unknown): QueuedRun => ({
  id: `test-1-${place}`,
  workflow: "shop",
  trigger: "event",
  event: { id: `e-${place}`, source: "/api", type: "order", tags: ["o"], value, timestamp: at },
  hops: 1,
  slot: null,
  queuedAt: at,
  createdAt: null,
  attemptsBefore: 0,
});

function assignmentOf(
  bus: TestBus,
  source: string,
  values: readonly unknown[],
  over: Partial<TestWork> = {},
): Assignment {
  const runs = values.map((value, place) => run(place + 1, value));
  const limits = { timeoutMs: 20_000, totalMs: 60_000 };
  const work: TestWork = { kind: "test", workflow: "shop", source, environment: {}, runs, ...limits, ...over };
  return { ...scriptAssignment(source, { servers: [bus.nats.url], workflow: owner, instance: owner }), work };
}

/** What the agent says, each answered. */
function listen(bus: TestBus, onReport: (report: TestReport) => void = () => {}): TestReport[] {
  const heard: TestReport[] = [];
  bus.nc.subscribe(testReportSubject(owner), {
    callback(_error, msg) {
      const report = msg.json<TestReport>();
      heard.push(report);
      onReport(report);
      msg.respond();
    },
  });
  return heard;
}

const kinds = (reports: readonly TestReport[]) =>
  reports.map((report) => `${report.run} ${report.kind === "begun" ? "begun" : report.outcome.kind}`);

test("runs are executed one after the other, and the agent ends when all are told of; nothing is stored", async () => {
  await using bus = await startBus();
  const heard = listen(bus);
  const source = "module.exports = async ({ value }) => { console.log(value); return value * 2; }";
  await using process = agent.start(assignmentOf(bus, source, [1, 2]));
  expect(await once(process.child, "exit")).toEqual([0, null]);
  expect(kinds(heard)).toEqual(["test-1-1 begun", "test-1-1 completed", "test-1-2 begun", "test-1-2 completed"]);
  expect(heard[3]).toMatchObject({ outcome: { result: 4 }, output: [{ stream: "stdout", text: "2" }] });
  expect([await bus.events(), await bus.logs()]).toEqual([[], []]);
});

test("all runs together have a limit: the one under way times out there, and those behind it do not begin", async () => {
  await using bus = await startBus();
  const heard = listen(bus);
  const never = "module.exports = () => new Promise(() => setInterval(() => {}, 1000));";
  await using process = agent.start(assignmentOf(bus, never, [1, 2], { totalMs: 1_500 }));
  expect(await once(process.child, "exit")).toEqual([0, null]);
  expect(kinds(heard)).toEqual(["test-1-1 begun", "test-1-1 timed-out", "test-1-2 skipped"]);
});

test("output of which there is too much is cut, and says so", async () => {
  await using bus = await startBus();
  const heard = listen(bus);
  const source = "module.exports = () => { for (let n = 0; n < 500; n++) console.log('x'.repeat(1000)); };";
  await using _process = agent.start(assignmentOf(bus, source, [1]));
  await expect.poll(() => heard.length, soon).toBe(2);
  const [, ended] = heard;
  const lines = ended?.kind === "ended" ? ended.output : [];
  expect(lines.length).toBeLessThan(100);
  expect(lines.at(-1)?.text).toMatch(/^drover: \d+ lines are missing here/);
});

test("a handler that leaves something behind that writes for ever holds up nothing", async () => {
  await using bus = await startBus();
  const heard = listen(bus);
  const source = "module.exports = () => void setInterval(() => console.log('still here'), 1);";
  await using process = agent.start(assignmentOf(bus, source, [1, 2]));
  expect(await once(process.child, "exit")).toEqual([0, null]);
  expect(kinds(heard)).toHaveLength(4);
});

test("an agent that is asked to stop ends the run under way, and tells how", async () => {
  await using bus = await startBus();
  const begun = Promise.withResolvers<void>();
  const heard = listen(bus, () => begun.resolve());
  const never = "module.exports = () => new Promise(() => setInterval(() => {}, 1000));";
  await using process = agent.start(assignmentOf(bus, never, [1, 2]));
  await begun.promise;
  await process.stop();
  expect(kinds(heard)).toEqual(["test-1-1 begun", "test-1-1 stopped"]);
});
