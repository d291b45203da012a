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
