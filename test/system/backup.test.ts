// A backup taken under load, put into a new installation: nothing is lost, and nothing happens twice.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { beginRestoring } from "../../controller/restoring.ts";
import type { RunRecord } from "../../controller/runs/history.ts";
import { type StoredEvent, call, eventually } from "../api.ts";
import { type Ended, drover as command } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";

const runs = 40;
/** A restore starts no containers, and so needs no network of the engine, which somebody would have to remove. */
const here = { DROVER_RUNTIME: "process" };
const code = `
  const vamp = require('vamp-node-client');
  const api = new vamp.Api();
  module.exports = async (event) => {
    await new Promise((done) => setTimeout(done, 100));
    await api.event(['did:' + event.value], null, 'did');
    if (event.value === 0) throw new Error('the first one fails');
    return event.value;
  };
`;

let folder: string;
let restored: Drover;
let keyValue: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-backup-"));
  await backUp();
  const home = join(folder, "home");
  await succeeding(command(["restore", join(folder, "copy")], { environment: { DROVER_HOME: home, ...here } }));
  restored = await startDrover({}, home);
});
afterAll(async () => {
  await restored[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Takes the backup while runs are queued, under way and over; then ends the installation. */
async function backUp(): Promise<void> {
  await using drover = await startDrover();
  const breed = { deployable: { type: "application/javascript", definition: code } };
  const workflow = { breed, scale: { cpu: 1 }, schedule: { event: "order" } };
  await call(drover.url, "PUT", "/workflows/orders", { ...workflow, environment_variables: { A: "1" } });
  await call(drover.url, "PUT", "/workflows/orders", { ...workflow, environment_variables: { A: "2" } });
  await call(drover.url, "PUT", "/workflows/clock", { ...workflow, schedule: { time: "PT1S" } });
  await call(drover.url, "PUT", "/workflows/hook", { ...workflow, schedule: { webhook: { key: "shop" } } });
  keyValue = (await call<{ value: string }>(drover.url, "POST", "/keys", { name: "shop" })).body.value;
  for (let n = 0; n < runs; n++) await call(drover.url, "POST", "/events", { tags: "order", value: n });
  await eventually(
    () => recordsOf(drover),
    (all) => all.some(({ state }) => state === "completed") && all.some(({ state }) => state === "dead"),
    60_000,
  );
  await succeeding(command(["backup", join(folder, "copy")], { url: drover.url }));
  const waiting = (await recordsOf(drover)).filter(({ state }) => state === "queued");
  if (waiting.length === 0) throw new Error("no run waited any more when the backup was done");
  await drover.end("SIGKILL");
}

async function succeeding(ending: Promise<Ended>): Promise<void> {
  const { code: exit, stderr } = await ending;
  if (exit !== 0) throw new Error(stderr);
}

async function recordsOf(drover: Drover, workflow = "orders"): Promise<RunRecord[]> {
  return (await call<RunRecord[]>(drover.url, "GET", `/runs?workflow=${workflow}&per_page=1000`)).body;
}

test("every event that was to set off a run has exactly one, which is done once", async () => {
  const records = await eventually(
    () => recordsOf(restored),
    (all) => all.length === runs && all.every(({ state }) => state === "completed" || state === "dead"),
    60_000,
  );
  expect(records.filter(({ state }) => state === "dead")).toHaveLength(1);
  expect(new Set(records.map(({ cause }) => cause)).size).toBe(runs);
  const { body: did } = await call<StoredEvent[]>(restored.url, "GET", "/events?type=did&per_page=1000");
  const attempts = records.reduce((sum, { attempt }) => sum + attempt, 0);
  expect(did.filter(({ source }) => source === "/workflows/orders").length).toBeLessThanOrEqual(attempts);
});

test("artifacts keep their revisions and run; slots and keys go on", async () => {
  const { body } = await call<{ revision: number; environment_variables: unknown }>(
    restored.url,
    "GET",
    "/workflows/orders",
  );
  expect(body).toMatchObject({ revision: 2, environment_variables: { A: "2" } });
  const slots = await eventually(
    async () =>
      (await call<{ due: string; outcome: string }[]>(restored.url, "GET", "/workflows/clock/slots?per_page=1000"))
        .body,
    (all) => all.some(({ outcome }) => outcome === "ran" || outcome === "skipped") && all.length > 2,
  );
  expect(new Set(slots.map(({ due }) => due)).size).toBe(slots.length);
  const { status } = await fetch(`${restored.url}/hooks/hook`, {
    method: "POST",
    headers: { "x-api-key": keyValue },
    body: "{}",
  });
  expect(status).toBe(202);
});

test("an installation that holds something is not overwritten, and a damaged backup is refused by the name of its file", async () => {
  const environment = { environment: { DROVER_HOME: restored.home, ...here } };
  await restored.end("SIGTERM");
  const full = await command(["restore", join(folder, "copy")], environment);
  expect(full.code).toBe(1);
  expect(full.stderr).toContain("this installation is not empty");
  await writeFile(join(folder, "copy", "RUNS.snapshot"), "x");
  const damaged = await command(["restore", "--replace", join(folder, "copy")], environment);
  expect(damaged.code).toBe(1);
  expect(damaged.stderr).toContain(`${join(folder, "copy", "RUNS.snapshot")}: expected`);
  await restored.startAgain();
  expect(await recordsOf(restored)).toHaveLength(runs);
});

test("a folder without a manifest holds no backup, and none is written over another", async () => {
  const empty = await command(["backup", "--verify", folder]);
  expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining("the backup was not finished") });
  const again = await command(["backup", join(folder, "copy")], { url: restored.url });
  expect(again).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected an empty folder, got one with a backup"),
  });
});

test("no controller starts in a home whose restore broke off", async () => {
  const home = await mkdtemp(join(folder, "half-"));
  beginRestoring(home);
  const refused = await command(["up"], { environment: { DROVER_HOME: home, DROVER_PORT: "0" } });
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("drover restore DIR --replace") });
});
