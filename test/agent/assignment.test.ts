import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readAssignment } from "../../agent/assignment.ts";
import { scriptAssignment } from "./assignments.ts";
import { queueAssignment } from "./queue-bus.ts";

test("one JSON document in any number of chunks is an assignment", async () => {
  const assignment = scriptAssignment("console.log('€')");
  const bytes = Buffer.from(JSON.stringify(assignment));
  const parsed = await readAssignment(Readable.from(Array.from(bytes, (byte) => Buffer.from([byte]))));
  expect(parsed).toEqual({ ok: true, value: assignment });
});

test("everything that is wrong is named at once", async () => {
  const wrong = {
    ...scriptAssignment("x"),
    workflow: "",
    nats: { servers: [], credentials: null },
    gatewayPort: 70_000,
  };
  const parsed = await readAssignment(Readable.from([Buffer.from(JSON.stringify(wrong))]));
  expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual([
    "assignment.workflow",
    "assignment.nats.servers",
    "assignment.gatewayPort",
  ]);
});

test("the work of a queue is read whole, and everything that is wrong with it is named", async () => {
  const assignment = queueAssignment("x", { concurrency: 4, retry: { times: 3, delayMs: 1_000, factor: 1.5 } });
  expect(await readAssignment(Readable.from([Buffer.from(JSON.stringify(assignment))]))).toEqual({
    ok: true,
    value: assignment,
  });
  const work = { kind: "queue", source: "x", environment: {}, concurrency: 0, timeoutMs: 0.5, retry: { times: -1 } };
  const parsed = await readAssignment(Readable.from([Buffer.from(JSON.stringify({ ...assignment, work }))]));
  expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual([
    "assignment.work.concurrency",
    "assignment.work.timeoutMs",
    "assignment.work.retry.times",
    "assignment.work.retry.delayMs",
    "assignment.work.retry.factor",
    "assignment.work.singleUse",
    "assignment.work.createdAt",
  ]);
});

test("the work of a test is read whole, and everything that is wrong with it is named", async () => {
  const event = {
    id: "e",
    source: "/api",
    type: "event",
    tags: ["a"],
    value: 1,
    timestamp: "2030-01-01T00:00:00.000Z",
  };
  const run = { id: "test-1-1", workflow: "shop", trigger: "event", event, hops: 1, attemptsBefore: 0 };
  const asked = { kind: "test", workflow: "shop", source: "x", environment: {}, runs: [run], timeoutMs: 1, totalMs: 1 };
  const assignment = { ...scriptAssignment("x"), work: asked };
  expect(await readAssignment(Readable.from([Buffer.from(JSON.stringify(assignment))]))).toEqual({
    ok: true,
    value: assignment,
  });
  const work = { kind: "test", source: 1, environment: {}, runs: [{ id: "r" }], timeoutMs: 0 };
  const parsed = await readAssignment(Readable.from([Buffer.from(JSON.stringify({ ...assignment, work }))]));
  expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual([
    "assignment.work.source",
    "assignment.work.timeoutMs",
    "assignment.work.totalMs",
    "assignment.work.workflow",
    "assignment.work.runs",
  ]);
});

test.each([
  { what: "nothing", text: "" },
  { what: "no JSON", text: '{"nats": "a secret"' },
  { what: "a list", text: "[]" },
])("$what is one problem, which repeats nothing of what came", async ({ text }) => {
  const parsed = await readAssignment(Readable.from([Buffer.from(text)]));
  expect(parsed).toMatchObject({ ok: false, problems: [{ path: "assignment" }] });
  expect(JSON.stringify(parsed)).not.toContain("a secret");
});

test("more than 2 MiB are not read", async () => {
  const endless = Readable.from(
    (function* chunks() {
      for (;;) yield Buffer.alloc(1024 * 1024, "x");
    })(),
  );
  expect(await readAssignment(endless)).toMatchObject({ ok: false, problems: [{ expected: "at most 2097152 bytes" }] });
});
