// Which events user code may send, and whose they are.
import { expect, test } from "vitest";
import type { Answer } from "../../agent/answer.ts";
import { createEventIntake } from "../../agent/event-intake.ts";
import { originOf } from "../../agent/run-origin.ts";
import { type Status, createStatus } from "../../agent/status.ts";
import type { RunReport } from "../../model/run.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

type Here = {
  readonly bus: TestBus;
  readonly status: Status;
  /** `run`: the one that the sender says it is. */
  accept(event: object, run?: string): Promise<Answer>;
} & AsyncDisposable;

async function startHere(): Promise<Here> {
  const bus = await startBus();
  const assignment = scriptAssignment("");
  const status = createStatus(assignment, () => Date.now());
  const intake = createEventIntake(await bus.agentConnection(), assignment, status);
  return {
    bus,
    status,
    async accept(event, run) {
      const headers = run === undefined ? {} : { "x-drover-run": run };
      const body = Buffer.from(JSON.stringify(event));
      const answer = await intake.accept({
        headers,
        rawHeaders: [],
        body,
        origin: originOf(headers, status),
        holdMs: 10_000,
      });
      if (answer === null) throw new Error("it is left to the controller");
      return answer;
    },
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

test.each(["run", "slot"])("an event of type %s is refused: it is Drover's own", async (type) => {
  await using here = await startHere();
  const answer = await here.accept({ tags: ["a"], type });
  expect(answer.status).toBe(400);
  expect(answer.body).toContain(`events of type \\"${type}\\" are Drover's own`);
  expect(await here.bus.events()).toEqual([]);
});

const report = { id: "r-1", workflow: "hello", state: "completed" } as RunReport;

async function storedOriginOf(here: Here, run?: string): Promise<unknown> {
  const answer = await here.accept({ tags: ["a"] }, run);
  const { run: id, cause, hops } = JSON.parse(answer.body) as Record<string, unknown>;
  return { run: id, cause, hops };
}

test("an event belongs to the run that its sender names, also just after its end, else to the only one under way", async () => {
  await using here = await startHere();
  const nobody = { run: undefined, cause: undefined, hops: undefined };
  expect(await storedOriginOf(here, "r-1")).toEqual(nobody);
  here.status.enterRun({ id: "r-1", cause: "e-1", hops: 1 }, {});
  expect(await storedOriginOf(here)).toEqual({ run: "r-1", cause: "e-1", hops: 1 });
  expect(await storedOriginOf(here, "r-unknown")).toEqual({ run: "r-1", cause: "e-1", hops: 1 });
  here.status.enterRun({ id: "r-2", cause: "e-2", hops: 2 }, {});
  expect(await storedOriginOf(here)).toEqual(nobody);
  expect(await storedOriginOf(here, "r-2")).toEqual({ run: "r-2", cause: "e-2", hops: 2 });
  here.status.leaveRun({ lastRun: report });
  expect(await storedOriginOf(here)).toEqual({ run: "r-2", cause: "e-2", hops: 2 });
  expect(await storedOriginOf(here, "r-1")).toEqual({ run: "r-1", cause: "e-1", hops: 1 });
});
