// What sets workflows off, seen from the outside: by hand, events, times and webhooks, in real containers.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunRecord, SlotRecord } from "../../controller/runs/history.ts";
import { type StoredEvent, call, eventually, follow } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const scale = { cpu: 1, memory: "192MB" };
const echo = "module.exports = async (event, context) => ({ value: event.value, ...context });";

async function save(name: string, definition: string, rest: Record<string, unknown>): Promise<void> {
  const breed = { deployable: { type: "application/javascript", definition } };
  const { status, body } = await call(drover.url, "PUT", `/workflows/${name}`, { breed, scale, ...rest });
  expect(status, JSON.stringify(body)).toBeLessThan(300);
}

async function runNow(name: string, value: unknown): Promise<RunRecord> {
  const { status, body } = await call<RunRecord>(drover.url, "POST", `/workflows/${name}/run?wait=PT60S`, { value });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function runsOf(name: string): Promise<RunRecord[]> {
  return (await call<RunRecord[]>(drover.url, "GET", `/runs?workflow=${name}&per_page=1000`)).body;
}

async function emit(tags: string[], type: string, value: unknown = ""): Promise<StoredEvent> {
  const { body, status } = await call<StoredEvent>(drover.url, "POST", "/events", { tags, type, value });
  expect(status).toBe(201);
  return body;
}

test("a run by hand calls the handler with the whole event, and its return value is the run's result", async () => {
  await save("by-hand", echo, { schedule: "manual" });
  const run = await runNow("by-hand", { n: 7 });
  expect(run).toMatchObject({ state: "completed", trigger: "manual", attempt: 1, hops: 1, slot: null, again: null });
  expect(run.outcome).toMatchObject({ kind: "completed", result: { value: { n: 7 }, run: run.id, attempt: 1 } });
  expect([run.queuedAt, run.startedAt, run.finishedAt].every((at) => typeof at === "string")).toBe(true);
});

test("every change of a run is an event with Drover's tags", async () => {
  await save("told", echo, { schedule: "manual" });
  const { id } = await runNow("told", 1);
  const { body } = await call<StoredEvent[]>(drover.url, "GET", `/events?type=run&tag=runs:${id}`);
  const states = new Set(body.map(({ tags }) => tags.find((tag) => tag.startsWith("run:"))));
  expect(body).toHaveLength(3);
  expect(states).toEqual(new Set(["run:queued", "run:started", "run:completed"]));
  expect(body.every(({ tags }) => tags.includes("workflows:told"))).toBe(true);
});

test("a script has its event, gives a result, and each run is a fresh process", async () => {
  const script = `
    globalThis.seen = (globalThis.seen ?? 0) + 1;
    const { Api, run } = require("vamp-node-client");
    console.log("run", run.id);
    new Api().result({ seen: globalThis.seen, pid: process.pid, value: run.event.value });`;
  await save("script", script, { schedule: "manual" });
  const runs = [await runNow("script", 1), await runNow("script", 2)];
  const results = runs.map(({ outcome }) => (outcome?.kind === "completed" ? outcome.result : outcome));
  expect(results).toMatchObject([
    { seen: 1, value: 1 },
    { seen: 1, value: 2 },
  ]);
  const lines = await eventually(
    async () => (await call<{ text: string }[]>(drover.url, "GET", `/runs/${runs[0]?.id}/logs`)).body,
    (all) => all.length > 0,
  );
  expect(lines.map(({ text }) => text)).toEqual([`run ${runs[0]?.id}`]);
});

test("an event workflow runs for matching events that were stored after it was saved, and what it emits names its cause", async () => {
  await emit(["crm", "early"], "crm.order.cancel");
  const answer = `
    const { Api } = require("vamp-node-client");
    const api = new Api();
    module.exports = async (event) => { await api.event("answer", event.value, "answered"); };`;
  await save("on-crm", answer, { schedule: { event: { tags: ["crm"], type: "crm.*.cancel.#" } } });
  await using tail = await follow(drover.url, "?type=answered");
  await emit(["other"], "crm.order.cancel", "wrong tag");
  await emit(["crm"], "crm.order.sub.cancel", "wrong type");
  const right = await emit(["crm"], "crm.order.cancel.by.user", "right");
  const answered = (await tail.until(({ value }) => value === "right")) as StoredEvent & {
    cause: string;
    hops: number;
  };
  expect(answered).toMatchObject({ cause: right.id, hops: 1, source: "/workflows/on-crm" });
  const [run, ...others] = await eventually(
    () => runsOf("on-crm"),
    (all) => all.some(({ state }) => state === "completed"),
  );
  expect(others).toEqual([]);
  expect(run).toMatchObject({ id: answered.run, cause: right.id, trigger: "event" });
  const { status } = await call(drover.url, "GET", `/workflows/on-crm/status`);
  expect(status).toBe(200);
  expect((await call(drover.url, "GET", "/workflows/on-crm/status")).body).toBe("running");
});

test("a schedule of one second has a slot for every second, and each set off one run (I3)", async () => {
  await save("every-second", echo, { schedule: { time: "PT1S" } });
  const slots = await eventually(
    async () => (await call<SlotRecord[]>(drover.url, "GET", "/workflows/every-second/slots")).body,
    (all) => all.length >= 5,
  );
  const dues = slots.map(({ due }) => Date.parse(due)).toReversed();
  expect(dues.slice(1).map((due, index) => due - (dues[index] ?? 0))).toEqual(dues.slice(1).map(() => 1_000));
  const ran = slots.filter(({ outcome }) => outcome === "ran");
  const runs = await eventually(
    () => runsOf("every-second"),
    (all) => ran.every((slot) => all.some((run) => run.id === slot.run && run.state === "completed")),
  );
  expect(runs.find(({ id }) => id === ran[0]?.run)).toMatchObject({ trigger: "time", slot: ran[0]?.due });
  await call(drover.url, "DELETE", "/workflows/every-second");
});

test("a webhook needs the key of its workflow, and the same Idempotency-Key is the same run", async () => {
  await save("hooked", echo, { schedule: { webhook: { key: "hooked" } } });
  const hook = (headers: Record<string, string>, query = "") =>
    fetch(`${drover.url}/hooks/hooked${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: '{"ref":"main"}',
    });
  expect((await hook({})).status).toBe(401);
  const key = await call<{ value: string }>(drover.url, "POST", "/keys", { name: "hooked" });
  const other = await call<{ value: string }>(drover.url, "POST", "/keys", { name: "other" });
  expect((await hook({ "x-api-key": "drover_wrong" })).status).toBe(401);
  expect((await hook({ "x-api-key": other.body.value })).status).toBe(403);
  const first = await hook({ "x-api-key": key.body.value, "Idempotency-Key": "one" });
  expect(first.status).toBe(202);
  const { event, run } = (await first.json()) as { event: string; run: string };
  const again = await hook({ "Idempotency-Key": "one" }, `?x-api-key=${key.body.value}`);
  expect(await again.json()).toEqual({ event, run });
  const record = await eventually(
    async () => (await call<RunRecord>(drover.url, "GET", `/runs/${run}`)).body,
    ({ state }) => state === "completed",
  );
  expect(record).toMatchObject({ trigger: "webhook", cause: event, outcome: { result: { value: { ref: "main" } } } });
  expect(await runsOf("hooked")).toHaveLength(1);
});

test("a chain of events and runs that never ends is ended by the limit of hops, and that is an event (I10)", async () => {
  const loop = `
    const { Api } = require("vamp-node-client");
    const api = new Api();
    module.exports = async () => { await api.event("loop"); };`;
  await save("loop", loop, { schedule: { event: "loop" } });
  await emit(["loop"], "event");
  const runs = await eventually(
    () => runsOf("loop"),
    (all) => all.some(({ state }) => state === "refused") && all.every(({ state }) => state !== "started"),
    60_000,
  );
  expect(runs.filter(({ state }) => state === "completed")).toHaveLength(32);
  expect(runs.filter(({ state }) => state === "refused")).toHaveLength(1);
  const root = runs.find(({ hops }) => hops === 1);
  const { body } = await call<unknown>(drover.url, "GET", `/trace/${root?.id}`);
  expect(JSON.stringify(body).match(/"kind":"run"/g)?.length).toBe(33);
});

test("a suspended workflow skips what would have set it off, says so, and does not make up for it", async () => {
  await save("asleep", echo, { schedule: { event: "asleep" } });
  await call(drover.url, "PUT", "/workflows/asleep/status", "suspended");
  await emit(["asleep"], "event", "while suspended");
  await eventually(
    () => runsOf("asleep"),
    (all) => all.length === 1 && all[0]?.state === "skipped",
  );
  await call(drover.url, "PUT", "/workflows/asleep/status", "running");
  await emit(["asleep"], "event", "awake");
  const runs = await eventually(
    () => runsOf("asleep"),
    (all) => all.some(({ state }) => state === "completed"),
  );
  expect(runs.map(({ state }) => state).toSorted()).toEqual(["completed", "skipped"]);
});

test("containers of a workflow without work go away, and come back when there is some", async () => {
  const containers = async () =>
    (await containersOf(drover.docker, drover.installation)).filter(
      (one) => one.Labels["drover.workflow"] === "rare" && one.Labels["drover.role"] === "agent",
    );
  await save("rare", echo, { schedule: "manual", keep_warm: "PT1S" });
  expect(await containers()).toEqual([]);
  await runNow("rare", 1);
  await eventually(containers, (all) => all.length === 0);
  expect((await call(drover.url, "GET", "/workflows/rare/status")).body).toBe("running");
  expect((await runNow("rare", 2)).state).toBe("completed");
});

test("with isolation container every run has a container of its own", async () => {
  const where = "module.exports = () => require('os').hostname() + require('fs').readdirSync('/tmp').length;";
  const host = "require('fs').writeFileSync('/tmp/' + process.pid, ''); " + where;
  await save("alone", host, { schedule: "manual", isolation: "container" });
  const results = [];
  for (const n of [1, 2, 3]) {
    const { outcome, instance } = await runNow("alone", n);
    results.push([instance, outcome?.kind === "completed" ? outcome.result : outcome]);
  }
  // Each found only the one file that it had made itself.
  expect(results.map(([, result]) => String(result).slice(-1))).toEqual(["1", "1", "1"]);
});
