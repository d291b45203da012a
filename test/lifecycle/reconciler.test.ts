// The loop around the pure decision, with the runtime that does as it is told.
import pino from "pino";
import { expect, test } from "vitest";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { createFailures } from "../../controller/lifecycle/failures.ts";
import { instanceSpec } from "../../controller/lifecycle/instance-spec.ts";
import { createLifecycleEvents } from "../../controller/lifecycle/lifecycle-events.ts";
import { createReconciler } from "../../controller/lifecycle/reconciler.ts";
import { createFakeRuntime } from "../../controller/runtime/fake.ts";
import { StartError } from "../../controller/runtime/runtime.ts";
import { parseBreed } from "../../model/breed.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";

const at = "2026-01-01T00:00:00.000Z";
const breed = valueOf(parseBreed({ name: "b", deployable: { type: "application/javascript", definition: "1" } }));

function entryOf(name: string): LiveWorkflow {
  const { workflow } = valueOf(parseWorkflow({ name, breed: "b", schedule: "daemon" }));
  const deployment = {
    id: `d-${name}-00000`,
    workflowRevision: 1,
    breedRevision: 1,
    restarts: 0,
    breed,
    deployedAt: at,
  };
  return { schema: 1, revision: 1, savedAt: at, savedBy: "test", artifact: workflow, status: "running", deployment };
}

/** Passes run until `until` holds; then everything is stopped. */
async function reconcile(wanted: Map<string, LiveWorkflow>, runtime = createFakeRuntime()) {
  const abort = new AbortController();
  const said: string[] = [];
  const failures = createFailures();
  const reconciler = createReconciler({
    runtime,
    workflows: { list: () => [...wanted.values()], get: (name) => wanted.get(name) ?? null },
    failures,
    events: createLifecycleEvents(
      (event) => {
        said.push(event.tags.filter((tag) => /^(?:instance:|unscheduled)/.test(tag)).join());
        return Promise.resolve({ id: "x", ...event });
      },
      () => new Date(at),
    ),
    specOf: (entry, instance) => Promise.resolve(instanceSpec(entry, instance, { servers: [], credentials: null }, 0)),
    onPass: () => {},
    onGone: () => {},
    stopGraceMs: 0,
    nowMs: () => Date.parse(at),
    log: pino({ level: "silent" }),
  });
  const running = reconciler.run(abort.signal);
  return {
    runtime,
    said,
    failures,
    reconciler,
    names: async () => (await runtime.list()).instances.map((one) => one.instance),
    async end() {
      abort.abort();
      await running;
    },
  };
}

test("what is wanted is started once, and what is not wanted any more goes, its network too", async () => {
  const wanted = new Map([["hello", entryOf("hello")]]);
  const loop = await reconcile(wanted);
  await expect.poll(loop.names).toHaveLength(1);
  wanted.delete("hello");
  loop.reconciler.wake();
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:stopped", "unscheduled"]);
  expect(await loop.runtime.list()).toEqual({ instances: [], holders: [] });
  await loop.end();
});

test("an instance that ends is recorded, removed and replaced at once the first time", async () => {
  const loop = await reconcile(new Map([["hello", entryOf("hello")]]));
  await expect.poll(loop.names).toHaveLength(1);
  const [name = ""] = await loop.names();
  loop.runtime.exit(name, { exitCode: 1 });
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:exited", "instance:started"]);
  expect(loop.failures.of("hello", "d-hello-00000").count).toBe(1);
  await loop.end();
});

test("a start that is refused is told and counted; an engine that is away is neither", async () => {
  const runtime = createFakeRuntime();
  runtime.failNextStart(new StartError("image-unavailable", "no such image"));
  const refused = await reconcile(new Map([["hello", entryOf("hello")]]), runtime);
  await expect.poll(() => refused.said).toEqual(["instance:failed", "instance:started"]);
  expect(refused.failures.of("hello", "d-hello-00000")).toMatchObject({ count: 1, lastError: "no such image" });
  await refused.end();

  const away = createFakeRuntime();
  away.failNextStart(new StartError("engine-unavailable", "no engine"));
  const waited = await reconcile(new Map([["hello", entryOf("hello")]]), away);
  await expect.poll(() => waited.said).toEqual(["instance:started"]);
  expect(waited.failures.of("hello", "d-hello-00000").count).toBe(0);
  await waited.end();
});
