// The commands about runs, as processes against a stub of the controller.
import { describe, expect, test } from "vitest";
import { sse, startController } from "./controller-stub.ts";
import { drover, startDrover } from "./drover.ts";
import { run } from "./fixtures.ts";

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
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'run r-1 completed in 2.5 s: {"total":7}\n' });
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
    expect(stdout).toMatch(/\nr-1 +hello +manual +completed +1 +\d+d +2\.5 s +\{"total":7\}\n/);
    expect(stdout).toMatch(/\nr-1 +hello +manual +failed +1 +\d+d +2\.5 s +no such order\n/);
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
    expect(stdout).toMatch(/\nTook: +2\.5 s\n/);
    expect(stdout).toMatch(
      /\nAttempts\n {2}ATTEMPT[^\n]+\n {2}1 +failed, again at T +\S+ +1\.5 s [^\n]+\n {2}1 +failed /,
    );
  });

  test("describe run shows a result once, and tables cut what is too long for a line", async () => {
    const result = { text: "x".repeat(200) };
    const long = run({ outcome: { kind: "completed", exitCode: 0, result } });
    await using controller = await startController({ "GET /runs/r-1": { body: long }, "GET /runs": { body: [long] } });
    const { stdout } = await drover(["describe", "run", "r-1"], { url: controller.url });
    expect(stdout.match(/x{200}/g)).toHaveLength(1);
    const listed = await drover(["runs"], { url: controller.url });
    expect(listed.stdout).toMatch(/ \{"text":"x{70}…\n/);
  });

  test("runs of a workflow that does not exist are exit code 1, of one without runs none", async () => {
    const none = { "GET /runs": { body: [] } };
    await using controller = await startController({ ...none, "GET /workflows/quiet": { body: {} } });
    const quiet = await drover(["runs", "--workflow", "quiet"], { url: controller.url });
    expect(quiet).toMatchObject({ code: 0, stderr: "drover: none found\n" });
    const nope = await drover(["runs", "--workflow", "nope"], { url: controller.url });
    expect(nope).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no") });
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

test("logs --run -f shows what the run writes until it is over", async () => {
  const line = { timestamp: "T", workflow: "hello", instance: "i", run: "r-1", stream: "stdout", text: "one" };
  await using controller = await startController({
    "GET /runs/r-1/logs": (response) =>
      sse(response, [
        { event: "log", data: line },
        { event: "over", data: "failed" },
      ]),
  });
  const { code, stdout, stderr } = await drover(["logs", "--run", "r-1", "-f"], { url: controller.url });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "one\n" });
  expect(stderr).toBe("drover: run r-1 is over: failed\n");
  expect(controller.asked[0]?.request).toBe("GET /api/v1/runs/r-1/logs?follow=true&lines=100");
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
