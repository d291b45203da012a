// The runs of daemons whose container ended without a word, with a real history; the runtime is what the test says.
import pino from "pino";
import { expect, test } from "vitest";
import { createDaemonRuns } from "../../controller/lifecycle/daemon-runs.ts";
import type { Instance, InstanceState } from "../../controller/runtime/runtime.ts";
import type { RunReport } from "../../model/run.ts";
import { type Installation, startInstallation, told } from "../runs/installation.ts";
import { queuedRun } from "../runs/reports.ts";

const early = "2026-01-01T00:00:00.000Z";
const later = "2026-01-01T01:00:00.000Z";
const running: InstanceState = { kind: "running", startedAt: early };
const exited: InstanceState = {
  kind: "exited",
  exitCode: 137,
  outOfMemory: false,
  startedAt: early,
  finishedAt: later,
  reason: "exited with code 137",
};

async function watch(all: Installation, control = { leading: true as boolean | null }) {
  const { history, append } = await all.controller();
  let stored = 0;
  const runs = createDaemonRuns({
    history,
    append: (event) => {
      stored += 1;
      return append(event);
    },
    leading: () => control.leading,
    nowMs: () => Date.now(),
    log: pino({ level: "silent" }),
  });
  return {
    control,
    stored: () => stored,
    look: (...instances: Instance[]) => runs.check({ instances, holders: [] }),
    run: async (id: string) => history.run(id, await history.streamEnd()),
    /** The run's state after a further look. */
    state: async (id: string, ...instances: Instance[]) => {
      runs.check({ instances, holders: [] });
      return (await history.run(id, await history.streamEnd()))?.state;
    },
  };
}

test("when a daemon's container ends, the run that it was in has failed, once, with why; others go on", async () => {
  await using all = await startInstallation();
  await all.say(daemonRun("mine", "hello-aaaaaa-0"));
  await all.say(daemonRun("beside", "hello-aaaaaa-1"));
  const { look, run, state, stored } = await watch(all);
  look(one("hello-aaaaaa-0", running), one("hello-aaaaaa-1", running));
  await expect.poll(() => state("mine", one("hello-aaaaaa-0", exited), one("hello-aaaaaa-1", running))).toBe("failed");
  const error = { message: "its container ended: exited with code 137" };
  expect(await run("mine")).toMatchObject({ startedAt: early, outcome: { kind: "failed", exitCode: null, error } });
  expect((await run("beside"))?.state).toBe("started");
  await expect.poll(() => state("mine", one("hello-aaaaaa-1", running))).toBe("failed");
  expect(stored()).toBe(1);
});

test("a run whose agent told how it ended keeps that end", async () => {
  await using all = await startInstallation();
  await all.say(daemonRun("mine", "hello-aaaaaa-0"));
  const outcome = { kind: "stopped", reason: "the instance was stopped" } as const;
  await all.say({ ...daemonRun("mine", "hello-aaaaaa-0"), state: "stopped", finishedAt: later, outcome });
  await all.say(daemonRun("other", "hello-aaaaaa-1"));
  const { look, run, state } = await watch(all);
  look(one("hello-aaaaaa-0", running), one("hello-aaaaaa-1", running));
  await expect.poll(() => state("other")).toBe("failed");
  expect((await run("mine"))?.state).toBe("stopped");
});

test("a controller that takes the lead ends what an earlier one left, but nothing that runs or began since", async () => {
  await using all = await startInstallation();
  await all.say(daemonRun("gone", "bye-aaaaaa-0", { workflow: "bye" }));
  await all.say(daemonRun("before", "hello-aaaaaa-0", { startedAt: "2025-12-31T00:00:00.000Z" }));
  await all.say(daemonRun("runs", "hello-aaaaaa-0"));
  await all.say(daemonRun("began", "new-aaaaaa-0", { workflow: "new", startedAt: "2999-01-01T00:00:00.000Z" }));
  const queued = queuedRun("hello", "a");
  await all.say(told(queued, "started", { startedAt: early, instance: "hello-aaaaaa-q0" }));
  const { control, look, run, state, stored } = await watch(all, { leading: false });
  look();
  control.leading = true;
  await expect.poll(() => state("gone", one("hello-aaaaaa-0", running))).toBe("failed");
  await expect.poll(() => state("before", one("hello-aaaaaa-0", running))).toBe("failed");
  expect((await run("gone"))?.outcome).toMatchObject({ error: { message: "its container ended: it is gone" } });
  for (const id of ["runs", "began", queued.id]) expect((await run(id))?.state, id).toBe("started");
  expect(stored()).toBe(2);
});

function one(instance: string, state: InstanceState): Instance {
  return { instance, workflow: instance.replace(/-[^-]*-[^-]*$/, ""), deployment: "aaaaaaaaaaaa", revision: 1, state };
}

function daemonRun(id: string, instance: string, over: Partial<RunReport> = {}): RunReport {
  const facts = {
    id,
    workflow: "hello",
    trigger: "daemon",
    instance,
    deployment: "aaaaaaaaaaaa",
    revision: 1,
  } as const;
  const chain = { attempt: 1, cause: null, hops: 0, about: null, slot: null, queuedAt: null, again: null };
  return { ...facts, ...chain, state: "started", startedAt: early, finishedAt: null, outcome: null, ...over };
}
