// A scenario in which a real controller emits every event that it can: each step provokes some of the kinds on the list.
// Types of the scenario's own events begin with `user.`; everything else in the stream is Drover's.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunRecord } from "../../controller/runs/history.ts";
import { type StoredEvent, call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import type { Drover } from "../drover.ts";

const scale = { cpu: 1, memory: "128MB" };
/** Longer than two slots of a second, so that one is missed and another runs in its place. */
const downMs = 3_000;
const pageSize = 1_000;

const script = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
const never = "module.exports = () => new Promise(() => {});";
const throws = "module.exports = () => { throw new Error('broken'); };";
const idle = "module.exports = () => 'done';";

export async function provokeEverything(drover: Drover): Promise<void> {
  await Promise.all([
    artifacts(drover),
    secrets(drover),
    daemon(drover),
    unpullable(drover),
    endings(drover),
    stopping(drover),
    loop(drover),
    suspended(drover),
    hooks(drover),
    crossSite(drover),
    slots(drover),
    breedTests(drover),
  ]);
  await downtime(drover);
}

async function save(drover: Drover, name: string, definition: string, rest: Record<string, unknown>): Promise<void> {
  const workflow = { breed: script(definition), scale, keep_warm: "PT2S", ...rest };
  await done(call(drover.url, "PUT", `/workflows/${name}`, workflow));
}

async function done<T>(answer: Promise<{ status: number; body: T }>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

async function start(drover: Drover, name: string): Promise<string> {
  return (await done(call<{ run: string }>(drover.url, "POST", `/workflows/${name}/run`, { value: 1 }))).run;
}

function becomes(drover: Drover, run: string, state: string): Promise<RunRecord> {
  return eventually(
    async () => (await call<RunRecord>(drover.url, "GET", `/runs/${run}`)).body,
    (record) => record.state === state,
    90_000,
  );
}

function heard(drover: Drover, query: string, is: (all: readonly StoredEvent[]) => boolean) {
  return eventually(async () => (await call<StoredEvent[]>(drover.url, "GET", `/events?${query}`)).body, is, 90_000);
}

async function artifacts({ url }: Drover): Promise<void> {
  await done(call(url, "PUT", "/breeds/stored", { name: "stored", ...script("1") }));
  await done(call(url, "PUT", "/breeds/stored", { name: "stored", ...script("2") }));
  await done(call(url, "DELETE", "/breeds/stored"));
}

async function secrets({ url }: Drover): Promise<void> {
  for (const value of ["first value", "second value"])
    await done(call(url, "PATCH", "/secrets/stored", { values: { TOKEN: value } }));
  await done(call(url, "DELETE", "/secrets/stored"));
  await done(call(url, "POST", "/master-key/rotate"));
}

/** What the code under test emits and writes is no event. */
async function breedTests({ url }: Drover): Promise<void> {
  for (const definition of [idle, throws])
    await done(call(url, "POST", "/breeds/tested/test", { breed: script(definition), events: [{ tags: "a" }] }));
}

/** Its container is killed, it is suspended, resumed, edited and deleted; meanwhile its code tries what it may not. */
async function daemon(drover: Drover): Promise<void> {
  const code = `
    const { Api } = require("vamp-node-client");
    const api = new Api();
    api.event("hello", 1, "user.hello");
    api.put("breeds/mine", {}).catch(() => {});
    setInterval(() => {}, 1000);`;
  const ready = (count: number) =>
    heard(drover, "type=deploy&tag=workflows:talker&tag=deploy:ready", (all) => all.length >= count);
  await save(drover, "talker", code, { schedule: "daemon" });
  await ready(1);
  await heard(drover, "type=refused&tag=workflows:talker", (all) => all.length > 0);
  const agent = (await containersOf(drover.docker, drover.installation)).find(
    (one) => one.Labels["drover.workflow"] === "talker" && one.Labels["drover.role"] === "agent",
  );
  await drover.docker.getContainer(agent?.Id ?? "").kill();
  await heard(drover, "type=instance&tag=instance:exited", (all) => all.length > 0);
  await ready(2);
  await done(call(drover.url, "PUT", "/workflows/talker/status", "suspended"));
  await heard(drover, "type=instance&tag=unscheduled", (all) => all.length > 0);
  await done(call(drover.url, "PUT", "/workflows/talker/status", "running"));
  await save(drover, "talker", `${code}\n`, { schedule: "daemon" });
  await done(call(drover.url, "DELETE", "/workflows/talker"));
}

async function unpullable(drover: Drover): Promise<void> {
  const breed = { deployable: "drover-test.invalid/none:1" };
  await done(call(drover.url, "PUT", "/workflows/unpullable", { breed, schedule: "daemon" }));
  await heard(drover, "type=instance&tag=instance:failed", (all) => all.length > 0);
  await done(call(drover.url, "DELETE", "/workflows/unpullable"));
}

/** Failed and timed-out attempts, dead letters, one that is given again, and a replay. */
async function endings(drover: Drover): Promise<void> {
  const retry = { times: 1, delay: "PT0.1S" };
  await save(drover, "broken", throws, { schedule: "manual", retry });
  await save(drover, "slow", never, { schedule: "manual", retry, timeout: "PT1S" });
  const [broken, slow] = [await start(drover, "broken"), await start(drover, "slow")];
  await Promise.all([becomes(drover, broken, "dead"), becomes(drover, slow, "dead")]);
  await save(drover, "broken", idle, { schedule: "manual" });
  await done(call(drover.url, "POST", `/runs/${broken}/requeue`));
  await becomes(drover, broken, "completed");
  const { id } = await emit(drover, "again", "user.order");
  const asked = { replay: "once-more", since: "1h", type: "user.order" };
  await done(call(drover.url, "POST", "/workflows/broken/replay", asked));
  await heard(drover, `type=replay&tag=events:${id}`, (all) => all.length > 0);
}

async function stopping(drover: Drover): Promise<void> {
  await save(drover, "stuck", never, { schedule: "manual" });
  const [first, second] = [await start(drover, "stuck"), await start(drover, "stuck")];
  await becomes(drover, first, "started");
  for (const run of [first, second]) await done(call(drover.url, "POST", `/runs/${run}/stop`));
  await Promise.all([becomes(drover, first, "stopped"), becomes(drover, second, "stopped")]);
}

async function loop(drover: Drover): Promise<void> {
  const code = `
    const { Api } = require("vamp-node-client");
    const api = new Api();
    module.exports = async () => { await api.event("loop", 1, "user.loop"); };`;
  await save(drover, "loop", code, { schedule: { event: "loop" } });
  await emit(drover, "loop", "user.loop");
  await heard(drover, "type=run&tag=run:refused", (all) => all.length > 0);
}

async function suspended(drover: Drover): Promise<void> {
  await save(drover, "asleep", idle, { schedule: { event: "asleep" } });
  await done(call(drover.url, "PUT", "/workflows/asleep/status", "suspended"));
  await emit(drover, "asleep", "user.asleep");
  await heard(drover, "type=run&tag=run:skipped", (all) => all.length > 0);
}

async function hooks({ url }: Drover): Promise<void> {
  await done(
    call(url, "PUT", "/workflows/hooked", { breed: script(idle), scale, schedule: { webhook: { key: "hooked" } } }),
  );
  const make = (name: string, query = "") => done(call<{ value: string }>(url, "POST", `/keys${query}`, { name }));
  await make("hooked");
  const [{ value: key }, { value: other }] = [await make("hooked", "?replace=true"), await make("other")];
  for (const headers of [{ "x-api-key": key }, {}, { "x-api-key": "drover_guess" }, { "x-api-key": other }])
    await fetch(`${url}/hooks/hooked`, { method: "POST", body: "{}", headers: headers as Record<string, string> });
  await done(call(url, "DELETE", "/keys/other"));
}

async function crossSite({ url }: Drover): Promise<void> {
  await call(url, "GET", "/info", undefined, { Origin: "http://evil.example" });
}

/** A slot every second: one workflow is still at work when the next is due. */
async function slots(drover: Drover): Promise<void> {
  const busy = "module.exports = () => new Promise((done) => setTimeout(done, 2500));";
  await save(drover, "ticks", busy, { schedule: { time: { period: "PT1S", missed: "once" } } });
  await save(drover, "strict", idle, { schedule: { time: { period: "PT1S", missed: "skip" } } });
  await heard(drover, "type=slot&tag=slot:skipped", (all) => all.length > 0);
  await heard(drover, "type=slot&tag=slots:strict", (all) => all.length > 0);
}

/** The controller ends, its index is gone, and slots go by until it is back. */
async function downtime(drover: Drover): Promise<void> {
  await drover.end("SIGTERM");
  for (const suffix of ["", "-wal", "-shm"])
    await rm(join(drover.home, `index.sqlite${suffix}`), { force: true, recursive: true });
  await new Promise((resolve) => setTimeout(resolve, downMs));
  await drover.startAgain();
  await heard(drover, "type=slot&tag=slot:coalesced", (all) => all.length > 0);
  await heard(drover, "type=slot&tag=slot:missed", (all) => all.length > 0);
  for (const name of ["ticks", "strict"]) await done(call(drover.url, "DELETE", `/workflows/${name}`));
}

async function emit(drover: Drover, tag: string, type: string): Promise<StoredEvent> {
  return done(call<StoredEvent>(drover.url, "POST", "/events", { tags: [tag], type, value: 1 }));
}

/** Everything in the stream, newest first. */
export async function allEvents({ url }: Drover): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (let page = 1; ; page += 1) {
    const events = await done(call<StoredEvent[]>(url, "GET", `/events?page=${page}&per_page=${pageSize}`));
    all.push(...events);
    if (events.length < pageSize) return all;
  }
}
