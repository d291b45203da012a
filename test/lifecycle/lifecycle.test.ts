// The lifecycle as a whole over a real nats-server, with the fake runtime, and a connection that speaks as the agents would.
import { connect } from "@nats-io/transport-node";
import pino from "pino";
import { expect, test } from "vitest";
import type { InstanceReport } from "../../bus/assignment.ts";
import { controlSubject, reportSubject } from "../../bus/subjects.ts";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { startLifecycle } from "../../controller/lifecycle/lifecycle.ts";
import { createLifecycleEvents } from "../../controller/lifecycle/lifecycle-events.ts";
import { createFakeRuntime } from "../../controller/runtime/fake.ts";
import type { RunReport } from "../../model/run.ts";
import { startInstallation } from "../runs/installation.ts";
import { report } from "../runs/reports.ts";
import { entryOf, only } from "./entries.ts";
import { agent, fakeQueue } from "./loop.ts";

const standby = "hello-aaaaaa-q1";

async function start(wanted: Map<string, LiveWorkflow>) {
  const installation = await startInstallation();
  const { nats } = installation;
  const { nc, publisher, history, append } = await installation.controller();
  const agents = await connect({ servers: nats.url });
  const told: unknown[] = [];
  agents.subscribe(controlSubject("hello"), { callback: (_, msg) => void told.push(msg.json()) });
  await agents.flush();
  const nowMs = () => Date.now();
  const runtime = createFakeRuntime();
  const queue = { ...fakeQueue(nowMs), enqueue: () => Promise.resolve("queued" as const), withdraw: async () => false };
  const lifecycle = startLifecycle({
    nc,
    publisher,
    runtime,
    workflows: { list: () => [...wanted.values()], get: (name) => wanted.get(name) ?? null },
    queue,
    history,
    append,
    events: createLifecycleEvents(
      (event) => Promise.resolve({ id: "x", ...event }),
      () => new Date(),
    ),
    agentAccess: () => Promise.resolve({ servers: [nats.url], credentials: null }),
    leading: () => true,
    nextDueMs: () => null,
    stopGraceMs: 0,
    allowsPrivileged: false,
    nowMs,
    log: pino({ level: "silent" }),
  });
  return {
    lifecycle,
    runtime,
    queue,
    told,
    say: (said: RunReport) => installation.say(said),
    started: () => runtime.started.map((spec) => spec.instance),
    state: () => lifecycle.stateOf(wanted.get("hello") ?? entryOf("hello")),
    report(instance: string, state: InstanceReport["state"]): void {
      const said: InstanceReport = {
        workflow: "hello",
        instance,
        deployment: "aaaaaaaaaaaa",
        revision: 1,
        at: new Date().toISOString(),
        state,
        restarts: 0,
        lastError: null,
        lastRun: null,
        eventsLost: 0,
        logLinesDropped: 0,
      };
      agents.publish(reportSubject("hello", instance), JSON.stringify(said));
    },
    async [Symbol.asyncDispose]() {
      await lifecycle.stop();
      await agents.close();
      await installation[Symbol.asyncDispose]();
    },
  };
}

const busy = { kind: "running", since: new Date().toISOString() } as const;

test("work starts an agent; when it says that it is ready, the workflow runs", async () => {
  await using drover = await start(only());
  await expect.poll(() => drover.state().status).toBe("running");
  drover.queue.setDepth("hello", 2);
  await expect.poll(drover.started).toEqual([agent]);
  expect(drover.state()).toMatchObject({ status: "starting" });
  drover.report(agent, { kind: "idle" });
  await expect.poll(drover.state).toMatchObject({ status: "running", instances: [{ name: agent, status: "ready" }] });
});

test("agents hear over NATS that they are to drain, again until they say so, and are gone when they have ended", async () => {
  const wanted = only();
  await using drover = await start(wanted);
  drover.queue.setDepth("hello", 1);
  await expect.poll(drover.started).toEqual([agent]);
  wanted.set("hello", entryOf("hello", {}, { status: "suspended" }));
  drover.lifecycle.wake("hello");
  const word = { kind: "drain", instances: [agent] };
  await expect.poll(() => drover.told, { timeout: 5_000 }).toEqual([word, word]);
  drover.report(agent, { kind: "draining" });
  await expect.poll(drover.state).toMatchObject({ status: "suspending", instances: [{ status: "stopping" }] });
  drover.runtime.exit(agent, { exitCode: 0 });
  await expect.poll(drover.state).toMatchObject({ status: "suspended", instances: [], message: null });
});

test("an agent for one run is followed by another as soon as it says that it has its run", async () => {
  await using drover = await start(only({ isolation: "container" }));
  drover.queue.setDepth("hello", 1);
  await expect.poll(drover.started).toEqual([agent]);
  drover.report(agent, { kind: "idle" });
  drover.report(agent, busy);
  await expect.poll(drover.started).toEqual([agent, standby]);
});

test("a run that is under way is ended by a word to its agents, which an agent that reports anew hears again", async () => {
  await using drover = await start(only());
  drover.queue.setDepth("hello", 1);
  await expect.poll(drover.started).toEqual([agent]);
  const underWay = report("started", 1);
  await drover.say(underWay);
  expect(await drover.lifecycle.cancel("hello", underWay.id, "by hand")).toBe("cancelled");
  const word = { kind: "cancel", run: underWay.id, reason: "by hand" };
  await expect.poll(() => drover.told).toContainEqual(word);
  drover.told.length = 0;
  drover.report(agent, busy);
  await expect.poll(() => drover.told).toContainEqual(word);
});
