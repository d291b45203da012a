import { expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";
import { broken, event, hello, idle, run } from "./fixtures.ts";

const rules = { overlap: "skip", missed: "once" };

test("get shows workflows as an aligned table, with what is wrong", async () => {
  await using controller = await startController({ "GET /workflows": { body: [hello, broken, idle] } });
  const { code, stdout } = await drover(["get", "workflows"], { url: controller.url });
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      "NAME    BREED        SCHEDULE   STATUS    READY  QUEUE                LAST RUN     NEXT  RESTARTS  REVISION  MESSAGE",
      "hello   hello-breed  daemon     running   1/1    -                    -            -     2         7         -",
      "broken  none         time PT5S  starting  -      2 queued, 1 running  dead 9d ago  now   0         12        cannot start: no such image",
      "idle    hello-breed  manual     idle      -      -                    -            -     0         7         -",
      "",
    ].join("\n"),
  );
});

test("get of one by name, singular or plural, gives YAML or JSON for programs", async () => {
  await using controller = await startController({ "GET /workflows/hello": { body: hello } });
  const json = await drover(["get", "workflow", "hello", "-o", "json"], { url: controller.url });
  expect(JSON.parse(json.stdout)).toEqual(hello);
  const yaml = await drover(["get", "workflows", "hello", "-o", "yaml", "--url", controller.url]);
  expect(yaml.stdout).toContain("breed:\n  reference: hello-breed\n");
});

test("get reads lists page by page", async () => {
  const breeds = Array.from({ length: 100 }, (_, number) => ({
    name: `b${number}`,
    deployable: { type: "container/docker", definition: "nginx" },
  }));
  await using controller = await startController({
    "GET /breeds": (response, { request }) => response.end(JSON.stringify(request.includes("?page=1&") ? breeds : [])),
  });
  const { stdout } = await drover(["get", "breeds"], { url: controller.url });
  expect(stdout.trim().split("\n").length).toBe(101);
  expect(controller.asked.length).toBe(2);
});

test("get events asks with the filters and stops at the limit", async () => {
  await using controller = await startController({ "GET /events": { body: [event("1", { n: 1 })] } });
  const parameters = ["get", "events", "--tag", "a:b", "--tag", "c", "--type", "t", "--limit", "1"];
  const { stdout } = await drover(parameters, { url: controller.url });
  expect(stdout).toContain('2026-01-01T00:00:00.000Z  my_type  /workflows/hello  hello world  {"n":1}');
  expect(controller.asked.map(({ request }) => request)).toEqual([
    "GET /api/v1/events?tag=a%3Ab&tag=c&type=t&order=newest&per_page=1&cursor=*",
  ]);
});

test("ps shows every instance, and a workflow that has none", async () => {
  await using controller = await startController({ "GET /workflows": { body: [hello, broken, idle] } });
  const { stdout } = await drover(["ps"], { url: controller.url });
  expect(stdout).toMatch(/hello +hello-3fa9c1-0 +ready +yes +2 +\d+d +exit 1 at x\n/);
  expect(stdout).toMatch(/broken +- +starting +no +- +- +cannot start: no such image\n/);
  expect(stdout).toMatch(/idle +- +idle +- +- +- +-\n/);
});

test("describe shows a workflow with its instances, last runs and last events", async () => {
  await using controller = await startController({
    "GET /workflows/hello": { body: hello },
    "GET /runs": { body: [run()] },
    "GET /events": { body: [event("1", "up")] },
  });
  const { stdout } = await drover(["describe", "workflow", "hello"], { url: controller.url });
  expect(stdout).toMatch(/^Name: +hello\nStatus: +running\n/);
  expect(stdout).toContain("\nEnvironment\n  GREETING: hi\n");
  expect(stdout).toMatch(/\nInstances\n {2}WORKFLOW[^\n]+\n {2}hello/);
  expect(stdout).toMatch(/\nLast runs\n {2}RUN[^\n]+\n {2}r-1 +hello +manual +completed /);
  expect(stdout).toContain("\nLast events\n  2026-01-01T00:00:00.000Z  my_type  /workflows/hello  hello world  up\n");
});

test("describe says of a workflow that is no daemon how its runs are made, how many wait and how the last one ended", async () => {
  const time = {
    cron: "0 9 * * *",
    timezone: "Europe/Berlin",
    repeat: 3,
    overlap: "queue",
    missed: "all",
    jitter: "PT5S",
  };
  const view = { ...broken, schedule: { time }, retry: { times: 2, delay: "PT1S", factor: 2 } };
  await using controller = await startController({
    "GET /workflows/broken": { body: view },
    "GET /runs": { body: [] },
    "GET /events": { body: [] },
  });
  const { stdout } = await drover(["describe", "workflow", "broken"], { url: controller.url });
  expect(stdout).toContain("1 at a time, PT1H each, given again 2 × after PT1S; isolation: process, keep_warm: PT5M\n");
  expect(stdout).toMatch(/Queue: +2 queued, 1 running\nLast run: +r-1 dead \d+d ago\n/);
  expect(stdout).toMatch(
    /Schedule: +time 0 9 \* \* \* Europe\/Berlin, 3 times, overlap: queue, missed: all, jitter: PT5S\n/,
  );
  expect(stdout).toMatch(/Next: +2026-01-01T00:00:05.000Z\n/);
  const over = { ...idle, schedule: { time: { period: "PT5S", start: "2020-01-01T00:00:00.000Z", ...rules } } };
  await using ended = await startController({
    "GET /workflows/over": { body: over },
    "GET /runs": { body: [] },
    "GET /events": { body: [] },
  });
  const described = await drover(["describe", "workflow", "over"], { url: ended.url });
  expect(described.stdout).toMatch(/Status: +running, idle: it waits for its trigger\n/);
  expect(described.stdout).toMatch(/Schedule: +time PT5S, from 2020[^,]+Z\nNext: +no slot is due any more\n/);
});

test("suspend, resume and restart ask for the status", async () => {
  await using controller = await startController({
    "PUT /workflows/hello/status": { body: "running" },
    "PUT /workflows/x/status": { body: "running" },
  });
  await drover(["suspend", "hello"], { url: controller.url });
  await drover(["resume", "hello"], { url: controller.url });
  const { stdout } = await drover(["restart", "hello", "x"], { url: controller.url });
  expect(stdout).toBe("workflow hello restarting\nworkflow x restarting\n");
  expect(controller.asked.map(({ body }) => body)).toEqual([
    '"suspended"',
    '"running"',
    '"restarting"',
    '"restarting"',
  ]);
});

test("delete names what it deleted, and what was not there", async () => {
  const applied = { kind: "breed", name: "a", action: "deleted", revision: 2, redeployed: false };
  await using controller = await startController({ "DELETE ": { body: [applied] } });
  const { code, stdout } = await drover(["delete", "breed", "a", "b"], { url: controller.url });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "breed a deleted\nbreed b was not there\n" });
});

test("emit sends a value as JSON when it is JSON and as text when not", async () => {
  await using controller = await startController({ "POST /events": { status: 201, body: event("1", { n: 1 }) } });
  await drover(["emit", "a:b", "c", "--value", '{"n":1}', "--type", "t"], { url: controller.url });
  await drover(["emit", "a", "--value", "n:1"], { url: controller.url });
  expect(controller.asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { tags: ["a:b", "c"], type: "t", value: { n: 1 } },
    { tags: ["a"], value: "n:1" },
  ]);
  for (const value of ["{n:1", " [1", '"x']) {
    const refused = await drover(["emit", "a", "--value", value], { url: controller.url });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(`--value: begins as JSON and is none: line 1, column `);
    expect(refused.stderr).toContain(`write --value '${JSON.stringify(value)}'`);
  }
  expect(controller.asked.length).toBe(2);
  expect(controller.asked[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("version tells both versions", async () => {
  await using controller = await startController({ "GET /info": { body: { version: "9.9.9", runtime: "docker" } } });
  const { stdout } = await drover(["version"], { url: controller.url });
  expect(stdout).toMatch(/^drover \d+\.\d+\.\d+\ncontroller 9\.9\.9 at http.*, runtime docker\n$/);
});
