// Tests of breeds, seen from the outside: code in its real container, and nothing of what it does in the stream.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestResult } from "../../controller/breed-tests/breed-tests.ts";
import { type StoredEvent, call, follow } from "../api.ts";
import { drover as command } from "../cli/drover.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";
import { script, workflow } from "./tested.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

async function tried(definition: string, values: readonly unknown[], more: object = {}): Promise<TestResult["tests"]> {
  const events = values.map((value) => ({ tags: ["order:1"], type: "order", value }));
  const body = { breed: script(definition), workflow: workflow(), events, ...more };
  const answer = await call<TestResult>(drover.url, "POST", "/breeds/tested/test", body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.tests;
}

const handler = `
  const { Api } = require("vamp-node-client");
  const api = new Api();
  let calls = 0;
  module.exports = async (event, context) => {
    calls += 1;
    console.log("call", calls);
    const answered = await api.event(["paid:" + event.value.n], { twice: event.value.n * 2 }, "paid");
    return { calls, workflow: context.workflow, trigger: context.trigger, mode: process.env.MODE, answered };
  };`;

test("a handler is given the events one after the other, and what it emits is captured and not stored", async () => {
  await using tail = await follow(drover.url);
  const more = { workflow: workflow({ env: { MODE: "dry" } }) };
  const [first, second] = await tried(handler, [{ n: 1 }, { n: 2 }], more);
  await call(drover.url, "POST", "/events", { tags: ["over"], type: "over" });
  await tail.until(({ type }) => type === "over");

  expect(first).toMatchObject({
    event: { id: "fixture-1", type: "order", tags: ["order:1", "order"], value: { n: 1 } },
    outcome: {
      kind: "completed",
      result: { calls: 1, workflow: "shop", trigger: "event", mode: "dry", answered: first?.events[0] },
    },
    output: [{ stream: "stdout", text: "call 1" }],
    eventsRefused: 0,
  });
  expect(first?.events).toEqual([
    {
      id: expect.any(String),
      source: "/workflows/shop",
      type: "paid",
      tags: ["paid:1", "paid"],
      value: { twice: 2 },
      timestamp: expect.stringMatching(/Z$/),
      run: first?.run,
      cause: "fixture-1",
      hops: 1,
    },
  ]);
  expect(second).toMatchObject({ outcome: { result: { calls: 2 } }, events: [{ value: { twice: 4 } }] });

  expect(tail.seen.map(({ type }) => type)).toEqual(["test", "over"]);
  expect(tail.seen[0]).toMatchObject({
    source: "/controller",
    tags: expect.arrayContaining(["breeds:tested", "test:completed"]),
    value: { breed: "tested", by: "local", state: "completed", events: 2, completed: 2 },
  });
  expect((await call(drover.url, "GET", "/breeds/tested")).status).toBe(404);
  expect((await call<unknown[]>(drover.url, "GET", "/runs")).body).toEqual([]);
  expect(await containersOf(drover.docker, drover.installation)).toEqual([]);
});

test("a script runs in a fresh process for each event, and gives a result", async () => {
  const source = `
    globalThis.seen = (globalThis.seen ?? 0) + 1;
    const { Api, run } = require("vamp-node-client");
    console.error("for", run.event.value);
    new Api().event(["seen"], run.event.value);
    new Api().result(globalThis.seen);`;
  const tests = await tried(source, ["a", "b"]);
  expect(tests).toMatchObject([
    { outcome: { result: 1 }, events: [{ value: "a" }], output: [{ stream: "stderr", text: "for a" }] },
    { outcome: { result: 1 }, events: [{ value: "b" }], output: [{ stream: "stderr", text: "for b" }] },
  ]);
  expect(tests.map(({ run, events }) => events.every((event) => event.run === run))).toEqual([true, true]);
});

test("one that fails, and one that never ends, do not keep the next event from being tried", async () => {
  const source = `
    const { Api } = require("vamp-node-client");
    module.exports = async ({ value }) => {
      await new Api().event(["tried"], value);
      if (value === "throw") throw new Error("no such order");
      if (value === "exit") process.exit(3);
      if (value === "hang") await new Promise(() => setInterval(() => {}, 1000));
      return value;
    };`;
  const tests = await tried(source, ["throw", "exit", "hang", "fine"], { timeout: "PT3S" });
  expect(tests.map(({ outcome }) => outcome)).toMatchObject([
    { kind: "failed", error: { message: "no such order", stack: expect.stringContaining("/workflow/shop.js") } },
    { kind: "failed", exitCode: 3 },
    { kind: "timed-out", afterMs: 3_000 },
    { kind: "completed", result: "fine" },
  ]);
  expect(tests.map(({ events }) => events.map(({ value }) => value))).toEqual([
    ["throw"],
    ["exit"],
    ["hang"],
    ["fine"],
  ]);
});

test("code that needs more memory than the workflow has fails as it would there, and the others are tried", async () => {
  const source = `module.exports = async ({ value }) => {
    const hoard = [];
    while (value === "hoard") hoard.push(Buffer.alloc(1e6, 1));
    return value;
  };`;
  const tests = await tried(source, ["hoard", "fine"]);
  expect(tests).toMatchObject([
    { outcome: { kind: "failed", error: { message: expect.stringMatching(/out of memory/) } } },
    { outcome: { kind: "completed", result: "fine" } },
  ]);
});

test("code that means harm stores nothing, in whatever form it sends, and changes nothing (I5)", async () => {
  const { host, port }: { host: string; port: number } = JSON.parse(
    readFileSync(join(drover.home, "nats", "server.json"), "utf8"),
  );
  const source = `
    const net = require("node:net");
    const at = (path) => process.env.VAMP_URL + "/api/v1" + path;
    const ask = async (method, path, type, body) =>
      (await fetch(at(path), { method, body, headers: type ? { "content-type": type } : {} })).status;
    const onNats = ({ host, port }) => new Promise((resolve) => {
      const socket = net.connect(port, host, () => socket.write('CONNECT {"verbose":false}\\r\\nPUB event.shop.forged 2\\r\\n{}\\r\\nPING\\r\\n'));
      let heard = "";
      socket.on("data", (chunk) => (heard += chunk)).on("close", () => resolve(heard)).on("error", ({ code }) => resolve(code));
    });
    module.exports = async ({ value }) => ({
      json: await ask("POST", "/events", "application/json", '{"tags":"json"}'),
      yaml: await ask("POST", "/events", "application/x-yaml", "tags: yaml"),
      lines: await ask("POST", "/events", "application/x-ndjson", '{"tags":"line"}\\n{"tags":"line"}'),
      cloud: await ask("POST", "/events", "application/cloudevents+json",
        '{"specversion":"1.0","id":"1","source":"/me","type":"cloud"}'),
      history: await ask("POST", "/events", "application/json", '{"tags":"run","type":"run"}'),
      read: await ask("GET", "/workflows"),
      save: await ask("PUT", "/breeds/forged", "application/json", "{}"),
      test: await ask("POST", "/breeds/tested/test", "application/json", '{"events":[{"tags":"a"}]}'),
      remove: await ask("DELETE", "/workflows/victim"),
      logs: await ask("GET", "/workflows/victim/logs"),
      nats: /EHOSTUNREACH|Authorization Violation/i.test(await onNats(value)),
      environment: Object.keys(process.env).filter((name) => /nats|drover|cred/i.test(name)),
    });`;
  await using tail = await follow(drover.url);
  const [found] = await tried(source, [{ host, port }]);
  await call(drover.url, "POST", "/events", { tags: ["over"], type: "over" });
  await tail.until(({ type }) => type === "over");
  expect(found?.outcome).toMatchObject({
    kind: "completed",
    result: {
      json: 201,
      yaml: 201,
      lines: 201,
      cloud: 201,
      history: 400,
      read: 200,
      save: 403,
      test: 403,
      remove: 403,
      logs: 403,
      nats: true,
      environment: [],
    },
  });
  expect(found?.events.map(({ tags, type, source: from }) => [tags[0] ?? type, from])).toEqual([
    ["json", "/workflows/shop"],
    ["yaml", "/workflows/shop"],
    ["line", "/workflows/shop"],
    ["line", "/workflows/shop"],
    [expect.any(String), "/workflows/shop"],
  ]);
  expect(tail.seen.map(({ type }) => type)).toEqual(["test", "over"]);
});

test("a person records events, tests the stored breed, an edited one, and one in its workflow", async () => {
  const folder = await mkdtemp(join(tmpdir(), "drover-breed-test-"));
  const path = (name: string): string => join(folder, name);
  try {
    await call(drover.url, "PUT", "/breeds/double", {
      name: "double",
      ...script("module.exports = ({ value }) => value * 2"),
    });
    await call(drover.url, "PUT", "/workflows/doubles", {
      ...workflow(),
      name: "doubles",
      breed: "double",
      env: { BY: "3" },
    });
    for (const value of [4, 5]) await call<StoredEvent>(drover.url, "POST", "/events", { tags: ["number"], value });
    const recorded = await command(["events", "record", "--tag", "number"], drover);
    expect(recorded.code, recorded.stderr).toBe(0);
    await writeFile(path("fixture.json"), recorded.stdout);
    await writeFile(path("expected.yml"), "- result: 8\n- result: 10\n");
    await writeFile(path("double.js"), "module.exports = ({ value }) => value * Number(process.env.BY ?? 1)");
    const run = (...more: string[]) =>
      command(["breed", "test", "double", "--event", path("fixture.json"), ...more], drover);

    const [stored, asExpected] = [await run(), await run("--expect", path("expected.yml"))];
    expect(stored).toMatchObject({ code: 0, stdout: expect.stringMatching(/result {2}8\n[^]*result {2}10\n/) });
    expect(asExpected.code, asExpected.stderr).toBe(0);
    const edited = await run("-f", path("double.js"), "--workflow", "doubles", "--expect", path("expected.yml"));
    expect(edited.code).toBe(1);
    expect(edited.stdout).toContain("result:\n    - expected  8\n    + got       12\n");
    expect((await run("--timeout", "soon")).code).toBe(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
