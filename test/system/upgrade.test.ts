// What an earlier version has stored is read by this one: earlier/ has the home of a controller as that version left it, with what
// cannot be made again from it (keys and streams).
//
//   0.1.0 (2026-11-24): breed greeter; workflows greets (event, edited once, suspended), yearly (time, suspended) and hook (webhook by
//   the key door); three events of which each set off a run.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunRecord } from "../../controller/runs/history.ts";
import { type StoredEvent, call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

const door = "drover_6mekTV9aRLOFTDJ9bIwG-kHPEe-cjRMPn7KNnVVSdQo";
/** What was stored then must not be too old by now. */
const environment = { DROVER_RUNTIME: "process", DROVER_EVENTS_DAYS: "3650" };

let home: string;
let drover: Drover;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "drover-upgrade-"));
  execFileSync("tar", ["xzf", fileURLToPath(new URL("earlier/home-0.1.0.tar.gz", import.meta.url)), "-C", home]);
  drover = await startDrover(environment, home);
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function runsOf(workflow: string): Promise<RunRecord[]> {
  return (await call<RunRecord[]>(drover.url, "GET", `/runs?workflow=${workflow}`)).body;
}

test("artifacts, their revisions and status, events and runs of 0.1.0 are there", async () => {
  const { body: greets } = await call(drover.url, "GET", "/workflows/greets");
  expect(greets).toMatchObject({ revision: 2, status: "suspended", environment_variables: { TONE: "warmer" } });
  const { body: revisions } = await call<{ revision: number }[]>(drover.url, "GET", "/workflows/greets/revisions");
  expect(revisions.map(({ revision }) => revision)).toEqual([2, 1]);
  const { body: events } = await call<StoredEvent[]>(drover.url, "GET", "/events?tag=guest");
  expect(events.map(({ value }) => value)).toEqual([3, 2, 1]);
  const runs = await runsOf("greets");
  expect(runs.map(({ state }) => state)).toEqual(["completed", "completed", "completed"]);
  expect(runs[0]?.outcome).toMatchObject({ kind: "completed", result: { greeted: 3 } });
});

test("what it left goes on: nothing runs twice, its keys open webhooks, its workflows run", async () => {
  await call(drover.url, "PUT", "/workflows/greets/status", "running");
  await call(drover.url, "POST", "/events", { tags: "guest", value: 4 });
  const called = await fetch(`${drover.url}/hooks/hook`, { method: "POST", headers: { "x-api-key": door }, body: "5" });
  expect(called.status).toBe(202);
  for (const [workflow, count] of [
    ["greets", 4],
    ["hook", 1],
  ] as const) {
    const runs = await eventually(
      () => runsOf(workflow),
      (all) => all.length >= count && all.every(({ state }) => state === "completed"),
      60_000,
    );
    expect(runs).toHaveLength(count);
  }
});
