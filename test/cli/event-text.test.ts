// Events as people read them: a sentence for what Drover tells, the value for anything else.
import { expect, test } from "vitest";
import { eventLine } from "../../cli/event-text.ts";
import type { Event } from "../../model/event.ts";
import { event, run } from "./fixtures.ts";

const own = (type: string, value: unknown, tags: string[] = ["a tag"]): Event => ({
  ...event("1", value),
  source: "/controller",
  type,
  tags,
});
const failed = { kind: "failed", exitCode: 1, error: { message: "no such order", stack: "long" } } as const;
const slot = {
  workflow: "w",
  due: "T2",
  outcome: "skipped",
  reason: "the run before",
  run: null,
  revision: 1,
  count: 1,
  from: null,
};

test.for<[Event, string]>([
  [own("run", run()), 'run r-1 of hello completed in 2.5 s: {"total":7}'],
  [
    own("run", run({ state: "failed", attempt: 2, outcome: failed, again: "T9" })),
    "attempt 2: no such order, again at T9",
  ],
  [own("run", run({ state: "queued", startedAt: null, finishedAt: null, outcome: null })), "run r-1 of hello queued"],
  [own("slot", slot), "slot T2 of w skipped: the run before"],
  [own("slot", { ...slot, count: 9, from: "T1", reason: null }), "9 slots of w from T1 to T2 skipped"],
  [own("instance", { instance: "hello-0", state: "exited", reason: "exit 1" }), "instance hello-0 exited: exit 1"],
  [own("deploy", { instance: "hello-0", state: "ready", revision: 3 }), "instance hello-0 ready, revision 3"],
  [
    own("deploy", { state: "requested", revision: 3, by: "local" }, ["workflows", "workflows:hello"]),
    "deploy  workflow hello: revision 3 requested by local",
  ],
  [own("instance", { state: "unscheduled" }, ["workflows:hello"]), "workflow hello: unscheduled"],
  [own("status", { status: "suspended", by: "local" }), "suspended is asked for by local"],
  [
    own("test", { breed: "b", by: "local", state: "failed", events: 3, completed: 2, tookMs: 9 }),
    "breed b tested by local: 2 of 3 events completed",
  ],
  [own("key", { name: "shop", action: "created", by: "local" }), "key shop created by local"],
  [
    own("archive", { kind: "breed", name: "b", revision: 2, by: "local", diff: [] }, ["archive:delete"]),
    "breed b deleted by local, revision 2",
  ],
])("%j", ([told, text]) => {
  const line = eventLine(told);
  expect(line).toMatch(new RegExp(`^${told.timestamp}  ${told.type}  `));
  expect(line.endsWith(text)).toBe(true);
});

test("an event that only looks like one of these is shown as it is", () => {
  expect(eventLine({ ...own("slot", slot), source: "/api" })).toContain(JSON.stringify(slot));
  const odd = run({ outcome: { kind: "failed" } as never });
  expect(eventLine(own("run", odd))).toContain(JSON.stringify(odd));
  expect(eventLine(own("run", "text"))).toContain("  text");
});

test("what is said stays one line, however long its reason", () => {
  const line = eventLine(own("instance", { instance: "i", state: "failed", reason: "x\n".repeat(500) }));
  expect(line).not.toContain("\n");
  expect(line.length).toBeLessThan(200);
});
