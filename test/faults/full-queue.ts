// One workflow gets far more work than the queue has room for. Its events are accepted all the same, and each has one run: one that
// waits, or a dead letter that says why. The queue of other workflows goes on.
import type { RunRecord } from "../../controller/runs/history.ts";
import { call, eventually } from "../api.ts";
import { allRuns, runIdOf } from "./check.ts";
import type { Fault } from "./fault.ts";

/** More than half of the room for runs that `startDrover` gives (32 MB). */
const events = 200;
const paddingBytes = 200_000;
const slow = `module.exports = () => new Promise(() => {});`;

export const fullQueue: Fault = {
  name: "full-queue",
  holdSecondsMax: 5,
  async inject({ drover, random }) {
    const name = `overfull-${Math.floor(random() * 1e6)}`;
    const breed = { deployable: { type: "application/javascript", definition: slow } };
    const workflow = { name, breed, schedule: { event: name }, retry: { times: 20, delay: "PT1S" } };
    const path = `/workflows/${name}`;
    if ((await attempt(() => call(drover.url, "PUT", path, workflow))) === null) return null;
    const accepted = new Set<string>();
    for (let n = 0; n < events; n += 1) {
      const event = { tags: [name], value: "x".repeat(paddingBytes) };
      const answer = await attempt(() => call<{ id: string }>(drover.url, "POST", "/events", event));
      if (answer !== null) accepted.add(answer.body.id);
    }
    return {
      what: `${accepted.size} events of ${paddingBytes} bytes for one workflow`,
      undo: () => ended(async () => (await attempt(() => call(drover.url, "DELETE", path))) !== null),
      check: async () => checkAll(name, accepted, await settled(drover.url, name, accepted.size)),
    };
  },
};

async function attempt<T extends { status: number }>(request: () => Promise<T>): Promise<T | null> {
  const answer = await request().catch(() => null);
  return answer !== null && answer.status < 300 ? answer : null;
}

async function ended(isDone: () => Promise<boolean>): Promise<void> {
  await eventually(isDone, (done) => done, 60_000);
}

/** The workflow is gone: what waited has ended as stopped. */
function settled(url: string, name: string, least: number): Promise<RunRecord[]> {
  const isOver = ({ state }: RunRecord): boolean => state === "stopped" || state === "dead" || state === "skipped";
  return eventually(
    () => allRuns(url, name),
    (all) => all.length >= least && all.every(isOver),
    60_000,
  ).catch(() => allRuns(url, name));
}

/** An event whose answer was lost may have a run as well, so only those that are missing count. */
function checkAll(name: string, accepted: ReadonlySet<string>, runs: readonly RunRecord[]): readonly string[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const missing = [...accepted].filter((event) => !byId.has(runIdOf(name, event)));
  const open = runs.filter(({ state }) => !["stopped", "dead", "skipped"].includes(state));
  return [
    ...(missing.length > 0 ? [`${missing.length} of ${accepted.size} events of ${name} have no run`] : []),
    ...open.map(({ id, state }) => `${name}: ${id} is ${state}, though its workflow is gone`),
  ];
}
