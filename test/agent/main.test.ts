import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InstanceReport } from "../../bus/assignment.ts";
import { allReports, reportRequest } from "../../bus/subjects.ts";
import { type AgentFolder, bundledAgent } from "./agent-process.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 20 };

let agent: AgentFolder;
beforeAll(async () => {
  agent = await bundledAgent();
});
afterAll(() => agent[Symbol.asyncDispose]());

/** Vamp's tutorial, word for word, but for the pause between two events. */
const tutorial = (pauseMs: number): string => `
var vamp = require('vamp-node-client');
var api = new vamp.Api();
var run = function () {
  api.event('hello world', 'from ' + 'the tutorial', 'my_type');
};
run();
setInterval(run, ${pauseMs});
`;

async function reportsOn(bus: TestBus): Promise<InstanceReport[]> {
  const reports: InstanceReport[] = [];
  bus.nc.subscribe(allReports(), { callback: (_error, message) => void reports.push(message.json<InstanceReport>()) });
  await bus.nc.flush();
  return reports;
}

async function eventsOfType(bus: TestBus, type: string) {
  return (await bus.events()).map(({ body }) => body).filter((body) => body["type"] === type);
}

async function linesOf(bus: TestBus): Promise<string[]> {
  return (await bus.logs()).flatMap(({ body }) => (body["lines"] as { text: string }[]).map(({ text }) => text));
}

test("Vamp's tutorial breed runs: its events, its start and its end are in the stream, and the report says running", async () => {
  await using bus = await startBus();
  const reports = await reportsOn(bus);
  await using process = agent.start(scriptAssignment(tutorial(50), { servers: [bus.nats.url] }));
  await expect.poll(async () => (await eventsOfType(bus, "my_type")).length, soon).toBeGreaterThan(2);
  expect((await eventsOfType(bus, "my_type"))[0]).toMatchObject({
    source: "/workflows/hello",
    tags: "hello world",
    data: "from the tutorial",
    runid: expect.stringMatching(/^r-/),
  });
  await expect
    .poll(() => reports.at(-1), soon)
    .toMatchObject({ instance: "hello-abc-0", revision: 3, state: { kind: "running" } });

  const before = reports.length;
  bus.nc.publish(reportRequest());
  await expect.poll(() => reports.length, soon).toBeGreaterThan(before);

  expect(await process.stop()).toBe(0);
  const runs = await eventsOfType(bus, "run");
  expect(runs.map(({ data }) => (data as { state: string }).state)).toEqual(["started", "stopped"]);
  expect(runs[1]).toMatchObject({ data: { outcome: { kind: "stopped", reason: expect.stringContaining("SIGTERM") } } });
  expect(reports.at(-1)).toMatchObject({ state: { kind: "stopping" }, lastRun: { state: "stopped" } });
});

test("with a period a script executes again and again, never twice at a time", async () => {
  await using bus = await startBus();
  const source = `console.log("in " + process.pid); setTimeout(() => console.log("out " + process.pid), 250)`;
  const environment = { VAMP_WORKFLOW_EXECUTION_PERIOD: "0.1" };
  await using _process = agent.start(scriptAssignment(source, { servers: [bus.nats.url], environment }));
  await expect.poll(async () => (await linesOf(bus)).length, soon).toBeGreaterThanOrEqual(6);
  const [in1, out1, in2, out2, in3, out3] = await linesOf(bus);
  expect([out1, out2, out3]).toEqual([in1, in2, in3].map((line) => line?.replace("in", "out")));
  expect(new Set([in1, in2, in3]).size).toBe(3);
});

test("an execution over its time limit ends as a run that timed out, and the next one starts", async () => {
  await using bus = await startBus();
  const environment = { VAMP_WORKFLOW_EXECUTION_PERIOD: "0.1", VAMP_WORKFLOW_EXECUTION_TIMEOUT: "0.2" };
  await using _process = agent.start(
    scriptAssignment(`setInterval(() => {}, 1000)`, { servers: [bus.nats.url], environment }),
  );
  const states = async () => (await eventsOfType(bus, "run")).map(({ data }) => (data as { state: string }).state);
  await expect.poll(async () => (await states()).slice(0, 3), soon).toEqual(["started", "timed-out", "started"]);
});

test("a crashing script is reported as backing off, with its error and what it printed last", async () => {
  await using bus = await startBus();
  const reports = await reportsOn(bus);
  const source = `process.stdout.write("last words");\nthrow new Error("boom");`;
  await using _process = agent.start(scriptAssignment(source, { servers: [bus.nats.url] }));
  await expect
    .poll(() => reports.at(-1), soon)
    .toMatchObject({
      state: { kind: "backing-off" },
      lastError: "Error: boom",
      lastRun: { state: "failed", outcome: { exitCode: 1 } },
    });
  await expect.poll(() => linesOf(bus), soon).toEqual(expect.arrayContaining(["last words", "Error: boom"]));
});

test("user code sees the workflow's environment and where the API is, and nothing of the agent's", async () => {
  await using bus = await startBus();
  const source = `console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)`;
  const environment = { OWN: "mine", VAMP_URL: "http://elsewhere" };
  await using _process = agent.start(scriptAssignment(source, { servers: [bus.nats.url], environment }), {
    OF_THE_AGENT: "secret",
  });
  await expect.poll(() => linesOf(bus), soon).toHaveLength(1);
  const seen = JSON.parse((await linesOf(bus))[0] ?? "");
  expect(seen).toEqual({
    OWN: "mine",
    PATH: expect.any(String),
    HOME: "/tmp",
    TMPDIR: "/tmp",
    VAMP_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    VAMP_NAMESPACE: "",
    VAMP_API_TOKEN: "",
  });
});

test("a sidecar has no user code: its agent is idle and its gateway takes events", async () => {
  await using bus = await startBus();
  const reports = await reportsOn(bus);
  const assignment = { ...scriptAssignment("", { servers: [bus.nats.url] }), work: { kind: "sidecar" as const } };
  await using process = agent.start(assignment);
  await expect.poll(() => reports.at(-1), soon).toMatchObject({ state: { kind: "idle" }, lastRun: null });
  await expect.poll(() => process.log, soon).toContain('"ready"');
  const gateway = /"gateway":"([^"]+)"/.exec(process.log)?.[1];
  const response = await fetch(`${gateway}/api/v1/events`, { method: "POST", body: `{"tags":"a"}` });
  expect(response.status).toBe(201);
  expect((await bus.events())[0]?.body).not.toHaveProperty("runid");
});

test("a NATS restart does not stop user code, and no run or event is lost", async () => {
  await using bus = await startBus();
  await using process = agent.start(scriptAssignment(tutorial(20), { servers: [bus.nats.url] }));
  await expect.poll(async () => (await eventsOfType(bus, "my_type")).length, soon).toBeGreaterThan(3);
  await bus.nats.kill();
  await expect.poll(() => process.log, soon).toContain("NATS is away");
  await bus.restartNats();
  const before = (await eventsOfType(bus, "my_type")).length;
  await expect.poll(async () => (await eventsOfType(bus, "my_type")).length, soon).toBeGreaterThan(before + 10);
  expect(await process.stop()).toBe(0);
  const runs = await eventsOfType(bus, "run");
  expect(runs.map(({ data }) => (data as { state: string }).state)).toEqual(["started", "stopped"]);
});

test("without an assignment that makes sense the agent says what is wrong and ends with 64", async () => {
  await using process = agent.start(`{"workflow": "hello"}`);
  await once(process.child, "close");
  expect(process.child.exitCode).toBe(64);
  expect(JSON.parse(process.log)).toMatchObject({
    level: "error",
    message: expect.stringContaining("assignment.nats.servers"),
  });
});
