// Runs over HTTP: started by hand, waited for, read, given again and stopped; and what code of a workflow may see of them.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { type Edge, asCodeOf, asking, runReport, startEdge, workflow } from "./edge.ts";

const manual = { name: "hello", schedule: "manual" };
let edge: Edge;

beforeAll(async () => {
  edge = await startEdge(
    workflow(manual),
    workflow({ ...manual, name: "asleep" }, { status: "suspended" }),
    workflow({ name: "daemon", schedule: "daemon" }),
    workflow({ name: "image", schedule: "daemon", breed: { deployable: "busybox:1" } }),
    workflow({ name: "hourly", schedule: { time: { cron: "30 2 * * *", timezone: "Europe/Amsterdam" } } }),
  );
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const ask = asking(() => edge);
const storedAs = (id: unknown) => edge.stored.find((event) => event.id === id);

describe("a run by hand", () => {
  test("is one durable event, and the answer names it and the run", async () => {
    const { status, body } = await ask("POST", "/workflows/hello/run", { body: { value: { n: 1 } } });
    expect(status).toBe(202);
    expect(body).toEqual({ event: expect.any(String), run: runIdOf("hello", String(body["event"])) });
    expect(storedAs(body["event"])).toMatchObject({
      type: "manual",
      source: "/manual/hello",
      tags: ["manual", "manual:hello"],
      value: { n: 1 },
    });
  });

  test("works for any schedule: of a daemon, too", async () => {
    expect((await ask("POST", "/workflows/daemon/run")).status).toBe(202);
    expect((await ask("POST", "/workflows/hourly/run")).status).toBe(202);
  });

  test("without a body has no value, in YAML has what it says, and null is a value", async () => {
    const yaml = { "content-type": "application/x-yaml" };
    const values = [
      await ask("POST", "/workflows/hello/run"),
      await ask("POST", "/workflows/hello/run", { body: "value: [1, two]", headers: yaml }),
      await ask("POST", "/workflows/hello/run", { body: { value: null } }),
    ].map(({ body }) => storedAs(body["event"])?.value);
    expect(values).toEqual(["", [1, "two"], null]);
  });

  test.each([
    ["an unknown workflow", "/workflows/none/run", {}, 404, /no workflow "none"/],
    ["a suspended workflow", "/workflows/asleep/run", {}, 409, /suspended; resume it/],
    ["an image", "/workflows/image/run", {}, 409, /image.*JavaScript breed/],
    ["an unknown field, with the known one", "/workflows/hello/run", { vaule: 1 }, 400, /vaule.*value/s],
    ["a body that is no object", "/workflows/hello/run", '"x"', 400, /body/],
    ["JSON that cannot be read", "/workflows/hello/run", "{", 400, /line 1/],
    ["a value that is too large", "/workflows/hello/run", { value: "x".repeat(300_000) }, 413, /262144/],
    ["a wait that is no duration", "/workflows/hello/run?wait=30s", {}, 400, /wait.*PT30S/],
    ["a wait that is too long", "/workflows/hello/run?wait=PT6M", {}, 400, /wait.*PT5M/],
    ["a wait for months", "/workflows/hello/run?wait=P1M", {}, 400, /wait.*PT5M/],
  ] as const)("is refused: %s; nothing is stored", async (_, path, body, status, says) => {
    const before = edge.stored.length;
    const answer = await ask("POST", path, { body });
    expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(says) } });
    expect(edge.stored).toHaveLength(before);
  });

  test("waited for, is answered with the run as soon as it is over", async () => {
    const headers = { "idempotency-key": "waited" };
    const { body: known } = await ask("POST", "/workflows/hello/run", { headers });
    const waiting = ask("POST", "/workflows/hello/run?wait=PT1M", { headers });
    const cause = String(known["event"]);
    const run = runReport({ id: runIdOf("hello", cause), cause });
    await edge.report({ ...run, state: "started", attempt: 1 });
    await edge.report({
      ...run,
      state: "completed",
      attempt: 1,
      outcome: { kind: "completed", exitCode: 0, result: 7 },
    });
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 200, body: { id: run.id, state: "completed", outcome: { result: 7 } } });
    const again = await ask("POST", "/workflows/hello/run?wait=PT1M", { headers });
    expect(again).toMatchObject({ status: 200, body: { id: run.id, state: "completed" } });
  });

  test("that is not over when the wait ends is answered with what is known", async () => {
    const answer = await ask("POST", "/workflows/hello/run?wait=PT0.01S");
    expect(answer).toMatchObject({
      status: 202,
      body: { event: expect.any(String), run: expect.any(String), record: null },
    });
  });

  test("repeated under one Idempotency-Key is one event and one run", async () => {
    const headers = { "idempotency-key": "once" };
    const first = await ask("POST", "/workflows/hello/run", { headers });
    const before = edge.stored.length;
    expect((await ask("POST", "/workflows/hello/run", { headers })).body).toEqual(first.body);
    expect(edge.stored).toHaveLength(before);
  });
});

describe("reading runs", () => {
  test("one that nobody knows is 404, and bad filters are named all at once", async () => {
    for (const path of ["/runs/none", "/runs/none/logs", "/trace/none", "/workflows/none/slots"]) {
      expect(await ask("GET", path), path).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
    }
    const bad = await ask("GET", "/runs?state=faild&dead=true");
    expect(bad.status).toBe(400);
    expect(bad.body["problems"]).toEqual([
      { path: "state", expected: expect.any(String), got: '"faild"', fix: "write state=failed" },
      { path: "dead", expected: expect.any(String), got: '"faild"', fix: expect.any(String) },
    ]);
    for (const query of [
      "since=yesterday",
      "since=now-1y",
      "page=0",
      "state=dead&dead=true&since=2026-13-01T00:00:00Z",
    ]) {
      expect((await ask("GET", `/runs?${query}`)).status, query).toBe(400);
    }
    for (const query of ["since=1h", "since=now-7d", "since=2026-01-31T08:15:30Z", "since=2026-01-31T08:15:30+02:00"]) {
      expect((await ask("GET", `/runs?${query}`)).status, query).toBe(200);
    }
  });

  test("are found by workflow, state, age and id, newest first, in pages with their total", async () => {
    const queued = (id: string, agoMs: number) =>
      runReport({ id, workflow: "many", queuedAt: new Date(Date.now() - agoMs).toISOString() });
    const lost = queued("r-lost", 60_000);
    for (const run of [queued("r-old", 7_200_000), lost, queued("r-new", 1_000)]) await edge.report(run);
    const outcome = { kind: "dead", reason: "no attempt left", last: { kind: "timed-out", afterMs: 5 } } as const;
    await edge.report({ ...lost, state: "dead", attempt: 1, outcome });
    const found = async (query: string): Promise<unknown[]> =>
      ((await ask("GET", `/runs?${query}`)).body as unknown as { id: string }[]).map(({ id }) => id);
    expect(await found("workflow=many")).toEqual(["r-new", "r-lost", "r-old"]);
    expect(await found("workflow=many&since=1h")).toEqual(["r-new", "r-lost"]);
    expect(await found("workflow=many&dead=true")).toEqual(["r-lost"]);
    expect(await found("workflow=many&state=timed-out")).toEqual(["r-lost"]);
    expect(await found("workflow=many&page=2&per_page=2")).toEqual(["r-old"]);
    expect(new Set(await found("id=r-old&id=r-new&id=r-none"))).toEqual(new Set(["r-new", "r-old"]));
    expect((await ask("GET", "/runs?workflow=many&per_page=1")).headers).toMatchObject({ "x-total-count": "3" });
    expect((await ask("GET", "/runs/r-lost")).body).toMatchObject({ state: "dead", attempt: 1, outcome });
  });

  test("a trace begins at the event that set a run off", async () => {
    const { body } = await ask("POST", "/workflows/hello/run");
    const [cause, id] = [String(body["event"]), String(body["run"])];
    await edge.report(runReport({ id, cause, state: "started", attempt: 1 }));
    for (const asked of [cause, id]) {
      expect(await ask("GET", `/trace/${asked}`)).toMatchObject({
        status: 200,
        body: { asked, root: { kind: "event", id: cause, runs: [{ kind: "run", id, state: "started" }] }, cut: false },
      });
    }
  });

  test("code of a workflow sees its own runs only, and those of others do not exist for it", async () => {
    await edge.report(runReport({ id: "r-own" }));
    await edge.report(runReport({ id: "r-foreign", workflow: "other" }));
    const headers = asCodeOf("hello");
    const byId = await ask("GET", "/runs?id=r-own&id=r-foreign&id=r-none", { headers });
    expect(byId.body).toMatchObject([{ id: "r-own" }]);
    expect(await ask("GET", "/runs?workflow=other", { headers })).toMatchObject({ status: 200, body: [] });
    const all = (await ask("GET", "/runs", { headers })).body as unknown as { workflow: string }[];
    expect(new Set(all.map((run) => run.workflow))).toEqual(new Set(["hello"]));
    expect((await ask("GET", "/runs/r-own", { headers })).status).toBe(200);
    expect((await ask("GET", "/runs/r-foreign", { headers })).status).toBe(404);
    expect((await ask("GET", "/runs/r-foreign/logs", { headers })).status).toBe(404);
    for (const path of ["/trace/r-own", "/keys", "/workflows/hourly/slots"]) {
      expect((await ask("GET", path, { headers })).status, path).toBe(403);
    }
    for (const path of ["/runs/r-own/stop", "/runs/r-own/requeue", "/workflows/hello/run", "/keys"]) {
      expect((await ask("POST", path, { headers })).status, path).toBe(403);
    }
  });
});

describe("a dead letter", () => {
  const dead = { kind: "dead", reason: "failed 1 time", last: null } as const;
  const finishedAt = "2026-01-01T00:00:09.000Z";

  test("is given again with what set it off, whole, and its attempts count on; asked for twice it is one event", async () => {
    const { body } = await ask("POST", "/workflows/hello/run", { body: { value: "what it was given" } });
    const cause = String(body["event"]);
    const run = await edge.report(
      runReport({ id: String(body["run"]), cause, state: "dead", attempt: 3, finishedAt, outcome: dead }),
    );
    const answers = [await ask("POST", `/runs/${run.id}/requeue`), await ask("POST", `/runs/${run.id}/requeue`)];
    expect(answers[0]).toMatchObject({ status: 202, body: { run: run.id } });
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect(storedAs(answers[0]?.body["event"])).toMatchObject({
      type: "requeue",
      source: "/controller",
      tags: expect.arrayContaining(["requeue", `runs:${run.id}`, "workflows:hello"]),
      value: {
        by: "local",
        run: { id: run.id, workflow: "hello", attemptsBefore: 3, event: { id: cause, value: "what it was given" } },
      },
    });
  });

  test("whose cause the stream no longer has is refused with 410", async () => {
    const { body } = await ask("POST", "/workflows/hello/run");
    const cause = String(body["event"]);
    await edge.report(
      runReport({ id: String(body["run"]), cause, state: "dead", attempt: 1, finishedAt, outcome: dead }),
    );
    edge.forget(cause);
    const answer = await ask("POST", `/runs/${String(body["run"])}/requeue`);
    expect(answer).toMatchObject({ status: 410, body: { detail: expect.stringContaining(cause) } });
  });

  test("is what may be given again; any other run is refused", async () => {
    await edge.report(
      runReport({ id: "r-fine", state: "completed", attempt: 1, outcome: { kind: "completed", exitCode: 0 } }),
    );
    const answer = await ask("POST", "/runs/r-fine/requeue");
    expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringContaining("dead letter") } });
    await edge.report(
      runReport({ id: "r-asleep", workflow: "asleep", state: "dead", attempt: 1, finishedAt, outcome: dead }),
    );
    expect((await ask("POST", "/runs/r-asleep/requeue")).status).toBe(409);
  });
});

describe("stopping", () => {
  test("asks for the end of a run that is not over, and refuses one that is", async () => {
    await edge.report(runReport({ id: "r-going", state: "started", attempt: 1 }));
    expect(await ask("POST", "/runs/r-going/stop")).toMatchObject({ status: 202, body: { run: "r-going" } });
    expect(edge.cancelled).toEqual(["hello r-going"]);
    await edge.report(runReport({ id: "r-over", state: "stopped", outcome: { kind: "stopped", reason: "before" } }));
    expect(await ask("POST", "/runs/r-over/stop")).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("stopped") },
    });
    await edge.report(runReport({ id: "daemons", state: "started", trigger: "daemon", attempt: 1 }));
    expect((await ask("POST", "/runs/daemons/stop")).status).toBe(409);
    expect(edge.cancelled).toEqual(["hello r-going"]);
  });
});
