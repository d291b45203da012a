// Why an event set off what it did, over HTTP.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOf } from "../../controller/runs/run-id.ts";
import type { Explanation } from "../../controller/runs/explain.ts";
import type { Event } from "../../model/event.ts";
import { type RunReport, hopsMax, runTags } from "../../model/run.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge, workflow } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
const long = { at: "2025-01-01T00:00:00.000Z", afterSequence: 0 };
const later = { at: "2026-06-01T00:00:00.000Z", afterSequence: 1_000 };
const event = (over: Partial<Event>) => ({
  source: "/api",
  type: "event",
  tags: ["order"],
  value: "",
  timestamp: long.at,
  ...over,
});

beforeAll(async () => {
  edge = await startEdge(
    workflow({ name: "orders", schedule: { event: "order" } }, { scheduled: long }),
    workflow({ name: "eu", schedule: { event: { tags: ["order", "region:eu"] } } }, { scheduled: long, revision: 2 }),
    workflow({ name: "new", schedule: { event: ["order", "vip"] } }, { scheduled: later, revision: 5 }),
    workflow({ name: "newer", schedule: { event: "order" } }, { scheduled: later, revision: 3 }),
    workflow(
      { name: "typed", schedule: { event: { tags: ["order"], type: "a.*.c", source: "/shop/*" } } },
      { scheduled: long },
    ),
    workflow({ name: "asleep", schedule: { event: "order" } }, { scheduled: long, status: "suspended" }),
    workflow({ name: "watch", schedule: { event: { type: "run" } } }, { scheduled: long }),
    workflow({ name: "hand", schedule: "manual" }),
  );
  await edge.append(event({ id: "e-1", type: "a.b" }));
  await tell("orders", "e-1", { state: "completed", outcome: { kind: "completed", exitCode: 0 } });
  await tell("asleep", "e-1", { state: "skipped", outcome: { kind: "skipped", reason: "the workflow is suspended" } });
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

async function tell(name: string, cause: string, over: Partial<RunReport>): Promise<void> {
  await edge.report(runReport({ id: runIdOf(name, cause), workflow: name, cause, trigger: "event", ...over }));
}

async function explained(id: string): Promise<Explanation> {
  const { status, body } = await ask("GET", `/events/${id}/explanation`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as Explanation;
}

function about({ workflows }: Explanation, name: string) {
  return workflows.find(({ workflow: one }) => one === name);
}

describe("an event that workflows ask for", () => {
  test("set off these runs, each with what became of it", async () => {
    const found = await explained("e-1");
    expect(found).toMatchObject({
      event: { id: "e-1" },
      addressed: null,
      says: "it set off a run of 1 workflow; a run of 1 workflow was skipped",
    });
    expect(found.runs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ workflow: "orders", state: "completed", reason: null, replay: null }),
        expect.objectContaining({ workflow: "asleep", state: "skipped", reason: "the workflow is suspended" }),
      ]),
    );
    expect(about(found, "orders")).toBeUndefined();
  });

  test("was nearly asked for by those that share something with it, and each says what did not fit", async () => {
    const found = await explained("e-1");
    expect(about(found, "eu")).toMatchObject({
      verdict: "miss",
      says: 'tag "region:eu" is missing; tag "order" is there',
      criteria: [
        { criterion: "tag", asked: "order", fits: true },
        { criterion: "tag", asked: "region:eu", fits: false },
      ],
    });
    expect(about(found, "typed")?.says).toBe(
      'type is "a.b", asked for is "a.*.c", source is "/api", asked for is "/shop/*"; tag "order" is there',
    );
    expect(about(found, "watch")).toBeUndefined();
    expect(about(found, "hand")).toBeUndefined();
    // What fits more stands before.
    expect(found.workflows.map(({ workflow: name }) => name)).toEqual(["newer", "eu", "new", "typed"]);
  });

  test("is judged by schedules of today, which is said where they were saved after it", async () => {
    const found = await explained("e-1");
    const now = "as it is now (revision 5, its schedule saved after this event)";
    expect(about(found, "new")).toMatchObject({
      verdict: "miss",
      says: `${now}: tag "vip" is missing; tag "order" is there`,
    });
    expect(about(found, "newer")).toMatchObject({ verdict: "earlier", revision: 3 });
    expect(about(found, "newer")?.says).toContain("set off by later ones only");
  });

  test("does not count as a run what was skipped", async () => {
    await edge.append(event({ id: "e-skipped" }));
    await tell("asleep", "e-skipped", { state: "skipped", outcome: { kind: "skipped", reason: "suspended" } });
    expect((await explained("e-skipped")).says).toBe("it set off nothing; a run of 1 workflow was skipped");
  });

  test("that left no trace of a run says that", async () => {
    await edge.append(event({ id: "e-2" }));
    expect(about(await explained("e-2"), "orders")).toMatchObject({ verdict: "unheard" });
  });

  test("counts its replays among what it set off", async () => {
    const body = { replay: "p-1", since: "2025-01-01T00:00:00Z", limit: 1 };
    expect((await ask("POST", "/workflows/eu/replay", { body: { ...body, tags: [] } })).body).toMatchObject({
      stored: 0,
    });
    await ask("POST", "/workflows/hand/replay", { body: { ...body, tags: ["order"] } });
    const replay = edge.stored.find(({ type }) => type === "replay");
    await tell("hand", replay?.id ?? "", { trigger: "replay", replay: "p-1", state: "queued" });
    const found = await explained("e-1");
    expect(found.runs).toContainEqual(
      expect.objectContaining({ workflow: "hand", trigger: "replay", replay: "p-1", state: "queued" }),
    );
    expect(found.says).toBe("it set off a run of 1 workflow; a run of 1 workflow was skipped");
    expect(await explained(replay?.id ?? "")).toMatchObject({ addressed: { workflow: "hand" } });
    const trace = await ask("GET", `/trace/${replay?.id}`);
    expect(trace.body).toMatchObject({
      root: { id: "e-1", replays: [{ id: replay?.id, runs: [{ workflow: "hand" }] }] },
    });
  });
});

describe("rules against loops", () => {
  test("about its own run, and about a run that was set off by one about a run", async () => {
    const failed = { state: "failed", outcome: { kind: "failed", exitCode: 1, error: { message: "no" } } } as const;
    const own = runReport({ id: "r-own", workflow: "watch", ...failed });
    const second = runReport({ id: "r-second", workflow: "other", about: "r-own", ...failed });
    for (const value of [own, second])
      await edge.append(
        event({ id: `${value.id}.1`, source: "/controller", type: "run", tags: runTags(value), value }),
      );
    expect(about(await explained("r-own.1"), "watch")).toMatchObject({
      verdict: "held-back",
      says: expect.stringContaining("own runs"),
    });
    expect(about(await explained("r-second.1"), "watch")?.says).toContain("such chains are not continued");
  });

  test("a chain that is too long", async () => {
    await edge.append(event({ id: "deep", hops: hopsMax + 1 }));
    expect(about(await explained("deep"), "orders")).toMatchObject({
      verdict: "held-back",
      says: expect.stringContaining("33 runs"),
    });
  });
});

describe("an event that nobody asks for", () => {
  test("is told so, with the filters that read nearly the same", async () => {
    await edge.append(event({ id: "typo", tags: ["ordr"] }));
    const found = await explained("typo");
    expect(found.says).toMatch(/none of the 7 workflows that ask for events.*nearest/);
    expect(found.workflows[0]).toMatchObject({
      verdict: "nearest",
      says: 'asks for tag "order", and this event has "ordr"',
    });
  });

  test("is told so, where nothing is near", async () => {
    await edge.append(event({ id: "far", tags: ["something"] }));
    expect(await explained("far")).toMatchObject({
      workflows: [],
      runs: [],
      says: expect.stringContaining("none of the 7"),
    });
  });

  test("and that is meant for one workflow alone is not held against the others", async () => {
    const hand = { type: "manual", source: "/manual/hand", tags: ["manual", "manual:hand"] };
    await edge.append(event({ id: "by-hand", ...hand }));
    expect(await explained("by-hand")).toMatchObject({ addressed: { workflow: "hand" }, workflows: [] });
    const value = {
      workflow: "clock",
      due: long.at,
      outcome: "missed",
      reason: "nobody watched",
      run: null,
      revision: 1,
      count: 1,
      from: null,
    };
    await edge.append(event({ id: "slot-1", source: "/controller", type: "slot", tags: ["slots:clock"], value }));
    expect((await explained("slot-1")).says).toBe("it set off nothing; the slot was missed: nobody watched");
  });
});

test("what is no event is refused, and a run is told apart", async () => {
  expect(await ask("GET", "/events/none/explanation")).toMatchObject({ status: 404 });
  const run = runIdOf("orders", "e-1");
  expect((await ask("GET", `/events/${run}/explanation`)).body["detail"]).toContain(`drover trace ${run}`);
  expect(await ask("GET", "/events/e-1/explanation", { headers: asCodeOf("orders") })).toMatchObject({ status: 403 });
});
