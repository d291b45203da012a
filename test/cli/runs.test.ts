// The commands about runs and what sets them off, as processes against a stub of the controller.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover, startDrover } from "./drover.ts";
import { event, run } from "./fixtures.ts";

const triggered = { event: "e-1", run: "r-1" };
const failedOutcome = {
  kind: "failed",
  exitCode: 1,
  error: { message: "no such order", stack: "Error: no such order\n  at x" },
} as const;
const failed = run({ state: "failed", outcome: failedOutcome });

describe("drover run", () => {
  test("sets off a run with a value, JSON or text, and prints its id", async () => {
    await using controller = await startController({ "POST /workflows/hello/run": { status: 202, body: triggered } });
    const { code, stdout } = await drover(["run", "hello", "--value", '{"n":1}'], { url: controller.url });
    await drover(["run", "hello", "--value", "some text"], { url: controller.url });
    await drover(["run", "hello"], { url: controller.url });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "run r-1\n" });
    const sent = controller.asked.map(({ body }): unknown => JSON.parse(body));
    expect(sent).toEqual([{ value: { n: 1 } }, { value: "some text" }, { value: "" }]);
    expect(new Set(controller.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
  });

  test("--wait asks again under the same key until the run is over, and prints its result", async () => {
    const answers = [triggered, { ...triggered, record: null }, run()];
    await using controller = await startController({
      "POST /workflows/hello/run": (response) => response.end(JSON.stringify(answers.shift())),
    });
    const { code, stdout } = await drover(["run", "hello", "--wait"], { url: controller.url });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'run r-1 completed in 1.5 s: {"total":7}\n' });
    expect(controller.asked.map(({ request }) => request)).toEqual([
      "POST /api/v1/workflows/hello/run",
      "POST /api/v1/workflows/hello/run?wait=PT20.000S",
      "POST /api/v1/workflows/hello/run?wait=PT20.000S",
    ]);
    expect(new Set(controller.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  test("--wait outlives a restart of the controller", async () => {
    const first = await startController({
      "POST /workflows/hello/run": (response, { request }) => {
        if (request.includes("wait")) response.destroy();
        else response.end(JSON.stringify(triggered));
      },
    });
    await using running = startDrover(["run", "hello", "--wait"], { url: first.url });
    await running.said("the controller is gone");
    await first[Symbol.asyncDispose]();
    const again = { "POST /workflows/hello/run": { body: run() } };
    await using second = await startController(again, { port: first.port });
    expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("completed") });
    expect(second.asked[0]?.headers["idempotency-key"]).toBe(first.asked[0]?.headers["idempotency-key"]);
  });

  test("a run that does not complete is exit code 1 with its reason, and so is one that is not over in time", async () => {
    await using failing = await startController({ "POST /workflows/hello/run": { body: failed } });
    const ended = await drover(["run", "hello", "--wait", "PT5S", "--json"], { url: failing.url });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("run r-1 failed: no such order") });
    expect(JSON.parse(ended.stdout)).toEqual(failed);
    await using slow = await startController({ "POST /workflows/hello/run": { status: 202, body: triggered } });
    const late = await drover(["run", "hello", "--wait", "PT0.05S"], { url: slow.url });
    expect(late).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("r-1 is not over yet") });
  });
});

describe("drover runs, describe run and logs --run", () => {
  test("a table with how each run ended; the filters are the controller's", async () => {
    await using controller = await startController({ "GET /runs": { body: [run(), failed] } });
    const filters = ["--workflow", "hello", "--state", "failed", "--since", "1h", "--dead", "--limit", "2"];
    const { code, stdout } = await drover(["runs", ...filters], { url: controller.url });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^RUN +WORKFLOW +TRIGGER +STATE +ATTEMPT +AGE +TOOK +OUTCOME\n/);
    expect(stdout).toMatch(/\nr-1 +hello +manual +completed +1 +\d+d +1\.5 s +\{"total":7\}\n/);
    expect(stdout).toMatch(/\nr-1 +hello +manual +failed +1 +\d+d +1\.5 s +no such order\n/);
    expect(controller.asked.map(({ request }) => request)).toEqual([
      "GET /api/v1/runs?workflow=hello&state=failed&since=1h&dead=true&page=1&per_page=2",
    ]);
    const json = await drover(["runs", "-o", "json"], { url: controller.url });
    expect(JSON.parse(json.stdout)).toEqual([run(), failed]);
  });

  test("describe run shows what set it off, every attempt and the stack", async () => {
    await using controller = await startController({
      "GET /runs/r-1": { body: { ...failed, attempt: 2, attempts: [{ ...failed, again: "T" }, failed] } },
    });
    const { stdout } = await drover(["describe", "run", "r-1"], { url: controller.url });
    expect(stdout).toContain("Run:       r-1\nWorkflow:  hello\nState:     failed\nOutcome:   no such order\n");
    expect(stdout).toContain("Cause:     event e-1 (hops: 1)\n");
    expect(stdout).toContain("\nStack\n  Error: no such order\n    at x\n");
    expect(stdout).toMatch(/\nAttempts\n {2}ATTEMPT[^\n]+\n {2}1 +failed, again at T[^\n]+\n {2}1 +failed /);
  });

  test("describe run shows the stack of a dead letter's last attempt", async () => {
    const dead = run({ state: "dead", outcome: { kind: "dead", reason: "it failed", last: failedOutcome } });
    await using controller = await startController({ "GET /runs/r-1": { body: dead } });
    const { stdout } = await drover(["describe", "run", "r-1"], { url: controller.url });
    expect(stdout).toContain("Outcome:   it failed: no such order\n");
    expect(stdout).toContain("\nStack\n  Error: no such order\n    at x\n");
  });

  test("logs --run shows what the run wrote", async () => {
    const line = { timestamp: "T", workflow: "hello", instance: "i", run: "r-1", stream: "stdout", text: "one" };
    await using controller = await startController({ "GET /runs/r-1/logs": { body: [line] } });
    expect(await drover(["logs", "--run", "r-1"], { url: controller.url })).toEqual({
      code: 0,
      stdout: "one\n",
      stderr: "",
    });
    expect(controller.asked[0]?.request).toBe("GET /api/v1/runs/r-1/logs?lines=100");
  });
});

describe("drover requeue and stop", () => {
  test("ask for each run; one that is refused does not keep the others", async () => {
    const refusal = { status: 409, body: { detail: "run r-2: expected a dead letter" } };
    await using controller = await startController({
      "POST /runs/r-1/requeue": { status: 202, body: triggered },
      "POST /runs/r-2/requeue": refusal,
      "POST /runs/r-3/requeue": { status: 202, body: triggered },
      "POST /runs/r-1/stop": { status: 202, body: { run: "r-1", result: "cancelled" } },
    });
    expect(await drover(["requeue", "r-1", "r-2", "r-3"], { url: controller.url })).toEqual({
      code: 1,
      stdout: "run r-1 is given again\nrun r-3 is given again\n",
      stderr: "drover: run r-2: expected a dead letter\n",
    });
    expect(await drover(["stop", "r-1"], { url: controller.url })).toMatchObject({
      code: 0,
      stdout: "run r-1 stopping\n",
    });
  });
});

describe("drover trace", () => {
  test("prints each event below the run that emitted it and each run below its event", async () => {
    const eventNode = (id: string, over: object) => ({ kind: "event", ...event(id, 0), runs: [], cut: false, ...over });
    const runNode = (id: string, over: object) => ({ kind: "run", ...run({ id }), events: [], cut: false, ...over });
    const first = runNode("r-1", { events: [eventNode("e-2", { cut: true })] });
    const second = runNode("r-2", { state: "failed", attempt: 2 });
    const tree = { asked: "r-2", root: eventNode("e-1", { runs: [first, second] }), cut: true };
    await using controller = await startController({ "GET /trace/r-2": { body: tree } });
    const { stdout, stderr } = await drover(["trace", "r-2"], { url: controller.url });
    expect(stdout.split("\n")).toEqual([
      "event  e-1  my_type  /workflows/hello  2026-01-01T00:00:00.000Z",
      "├─ run  r-1  hello  completed  2026-01-01T00:00:01.000Z  1.5 s",
      "│  └─ event  e-2  my_type  /workflows/hello  2026-01-01T00:00:00.000Z",
      "│     └─ …",
      "└─ * run  r-2  hello  failed  attempt 2  2026-01-01T00:00:01.000Z  1.5 s",
      "",
    ]);
    expect(stderr).toContain("larger than is shown");
    const json = await drover(["trace", "r-2", "--json"], { url: controller.url });
    expect(JSON.parse(json.stdout)).toEqual(tree);
  });
});

describe("drover key", () => {
  test("create writes the value alone to standard output; list and delete do not know it", async () => {
    const key = { name: "github", createdAt: "2026-01-01T00:00:00.000Z" };
    await using controller = await startController({
      "POST /keys": { status: 201, body: { ...key, value: "drover_abc" } },
      "GET /keys": { body: [{ ...key, by: "local" }] },
      "DELETE /keys/github": { status: 204, body: null },
    });
    const created = await drover(["key", "create", "github"], { url: controller.url });
    expect(created).toMatchObject({ code: 0, stdout: "drover_abc\n", stderr: expect.stringContaining("only time") });
    await drover(["key", "create", "github", "--replace"], { url: controller.url });
    expect((await drover(["key", "list"], { url: controller.url })).stdout).toMatch(
      /NAME +AGE +BY\ngithub +\d+d +local\n/,
    );
    const deleted = await drover(["key", "delete", "github"], { url: controller.url });
    expect(deleted.stdout).toBe("key github deleted\n");
    expect(controller.asked.map(({ request }) => request)).toEqual([
      "POST /api/v1/keys",
      "POST /api/v1/keys?replace=true",
      "GET /api/v1/keys?page=1&per_page=100",
      "DELETE /api/v1/keys/github",
    ]);
  });
});

describe("drover slots and schedule preview", () => {
  test("slots says what became of each, and a stretch as one", async () => {
    const slot = {
      workflow: "w",
      due: "T2",
      outcome: "ran",
      reason: null,
      run: "r-1",
      revision: 1,
      count: 1,
      from: null,
    };
    const stretch = { ...slot, outcome: "missed", run: null, reason: "no controller watched", count: 9, from: "T1" };
    await using controller = await startController({ "GET /workflows/w/slots": { body: [slot, stretch] } });
    const { stdout } = await drover(["slots", "w", "--outcome", "ran", "--limit", "2"], { url: controller.url });
    expect(stdout).toMatch(
      /DUE +SLOTS +OUTCOME +RUN +REASON\nT2 +1 +ran +r-1 +-\nT1 to T2 +9 +missed +- +no controller watched\n/,
    );
    expect(controller.asked[0]?.request).toBe("GET /api/v1/workflows/w/slots?outcome=ran&page=1&per_page=2");
  });

  test("preview of a workflow asks the controller", async () => {
    const upcoming = [{ due: "2026-03-29T01:00:00.000Z", local: "2026-03-29T03:00:00+02:00", note: "dst-gap" }];
    await using controller = await startController({ "GET /workflows/w/slots/next": { body: upcoming } });
    const flags = ["--tz", "Europe/Amsterdam", "--count", "1", "--from", "2026-03-28T12:00:00Z"];
    const { stdout } = await drover(["schedule", "preview", "w", ...flags], { url: controller.url });
    expect(stdout).toMatch(/\n2026-03-29T03:00:00\+02:00 +2026-03-29T01:00:00.000Z +DST: /);
    expect(controller.asked[0]?.request).toBe(
      "GET /api/v1/workflows/w/slots/next?count=1&from=2026-03-28T12%3A00%3A00.000Z&timezone=Europe%2FAmsterdam",
    );
  });

  test("preview of a file needs no controller, and marks what a change of the clocks moves", async () => {
    const home = await mkdtemp(join(tmpdir(), "drover-cli-"));
    try {
      const file = join(home, "w.yml");
      const schedule = 'schedule: {time: {cron: "30 2 * * *", timezone: Europe/Amsterdam}}';
      const body = `kind: workflow\nname: w\nbreed: somewhere\n${schedule}\n`;
      await writeFile(file, body);
      const flags = ["-f", file, "--count", "2", "--from", "2024-03-30T00:00:00Z", "--json"];
      const { code, stdout } = await drover(["schedule", "preview", ...flags], { url: "http://127.0.0.1:1" });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual([
        { due: "2024-03-30T01:30:00.000Z", local: "2024-03-30T02:30:00+01:00", note: null },
        { due: "2024-03-31T01:00:00.000Z", local: "2024-03-31T03:00:00+02:00", note: "dst-gap" },
      ]);
      await writeFile(file, body.replace("30 2 * * *", "99 2 * * *"));
      const bad = await drover(["schedule", "preview", "-f", file]);
      expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file}: workflow.schedule.time.cron`) });
      await writeFile(file, body.replace(schedule, "schedule: daemon"));
      expect(await drover(["schedule", "preview", "-f", file])).toMatchObject({ code: 1, stdout: "" });
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
