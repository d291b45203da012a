// Every event becomes its runs exactly once, on a real nats-server: over restarts, refusals and a server that was killed.
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, test, vi } from "vitest";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { ensureTriggersConsumer } from "../../controller/triggers/triggers-consumer.ts";
import type { RunReport } from "../../model/run.ts";
import { appendOver, startBus } from "./bus.ts";
import { entryOf, reportOf } from "./entries.ts";

import {
  type Enqueue,
  expectAllAcked,
  expectQueued,
  order,
  orders,
  runsOfOrders,
  soon,
  trigger,
} from "./event-trigger-setup.ts";

test("an event that is stored before anything triggers on it sets off nothing; one after it sets off its run, unchecked", async () => {
  await using bus = await startBus();
  await bus.append(order(0));
  const one = await trigger(bus);
  await bus.append(order(1));
  await bus.append(order(2));
  await expectQueued(bus, [runIdOf("orders", "order-1"), runIdOf("orders", "order-2")].toSorted());
  const [run] = await bus.queued();
  expect(run).toMatchObject({ workflow: "orders", trigger: "event", hops: 1, event: order(1) });
  await expectAllAcked(bus);
  expect(one.asked.some(({ checked }) => !checked)).toBe(true);
  await one.stop();
});

test("what a workflow stores under the controller's names is the workflow's, and sets off nothing by itself", async () => {
  await using bus = await startBus();
  const one = await trigger(bus);
  await bus.emit("evil", { ...order(0), type: "manual", source: "/manual/orders", tags: ["x"] });
  await bus.append({ ...order(1), type: "manual", source: "/manual/orders", tags: ["x"] });
  await expectQueued(bus, [runIdOf("orders", "order-1")]);
  await expectAllAcked(bus);
  await one.stop();
});

test("a replay queues the event that is replayed, once for each replay, and only when the controller stored it", async () => {
  await using bus = await startBus();
  const one = await trigger(bus);
  const replayed = { replay: "p-1", by: "local", event: order(7), sequence: 1, query: {} };
  const replay = { ...order(0), type: "replay", source: "/replay/orders", tags: ["replay"], value: replayed };
  await bus.emit("evil", { ...replay, id: "forged" });
  await bus.append({ ...replay, id: "replay-1" });
  await bus.append({ ...replay, id: "replay-1" });
  await bus.append({ ...replay, id: "replay-2", value: { ...replayed, replay: "p-2" } });
  await expectQueued(bus, [runIdOf("orders", "replay-1"), runIdOf("orders", "replay-2")].toSorted());
  await expectAllAcked(bus);
  expect(await bus.queued()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ trigger: "replay", event: order(7), replay: { id: "p-1", event: "replay-1" } }),
    ]),
  );
  await one.stop();
});

test("a backlog is kept while nobody leads, and each event of it is queued once, checked", async () => {
  await using bus = await startBus();
  await ensureTriggersConsumer(await jetstreamManager(bus.nc), null);
  await Promise.all(Array.from({ length: 500 }, (_, n) => bus.append(order(n))));
  const one = await trigger(bus);
  await expectQueued(bus, runsOfOrders(500));
  expect(one.asked).toHaveLength(500);
  expect(one.asked.every(({ checked }) => checked)).toBe(true);
  await expectAllAcked(bus);
  await one.stop();
});

test("readers that are stopped and started in the middle of the stream queue each event once", async () => {
  await using bus = await startBus();
  await ensureTriggersConsumer(await jetstreamManager(bus.nc), null);
  const asked: { run: string; checked: boolean }[] = [];
  const stored = (async () => {
    for (let n = 0; n < 2_000; n++) await bus.append(order(n));
  })();
  for (let round = 1; round <= 4; round++) {
    const reader = await trigger(bus);
    await vi.waitFor(() => expect(reader.asked.length).toBeGreaterThanOrEqual(300), soon);
    await reader.stop();
    asked.push(...reader.asked);
  }
  await stored;
  const last = await trigger(bus);
  await expectQueued(bus, runsOfOrders(2_000));
  await expectAllAcked(bus);
  const all = [...asked, ...last.asked].map(({ run }) => run);
  expect(all.toSorted()).toEqual(runsOfOrders(2_000));
  await last.stop();
});

test("a reader that dies leaves its events to the next one, which checks them", { timeout: 40_000 }, async () => {
  await using bus = await startBus();
  const never: Enqueue = () => new Promise(() => {});
  const dead = await trigger(bus, [orders], () => never);
  await Promise.all(Array.from({ length: 20 }, (_, n) => bus.append(order(n))));
  const jsm = await jetstreamManager(bus.nc);
  await vi.waitFor(async () => expect((await jsm.consumers.info("EVENTS", "triggers")).num_ack_pending).toBe(20), soon);
  await dead.stop();
  const next = await trigger(bus);
  await expectQueued(bus, runsOfOrders(20));
  expect(next.asked.every(({ checked }) => checked)).toBe(true);
  await expectAllAcked(bus);
  await next.stop();
});

test("a workflow whose runs are refused stops no other, and its events are tried until they are taken", async () => {
  await using bus = await startBus();
  let refusing = true;
  const other = entryOf("other", { event: { tags: ["order"] } });
  const one = await trigger(bus, [orders, other], (enqueue) => (run, options) => {
    if (refusing && run.workflow === "orders") return Promise.reject(new Error("RUNS is full"));
    return enqueue(run, options);
  });
  await Promise.all(Array.from({ length: 50 }, (_, n) => bus.append(order(n))));
  const ofOther = Array.from({ length: 50 }, (_, n) => runIdOf("other", `order-${n}`));
  await expectQueued(bus, ofOther.toSorted());
  refusing = false;
  await expectQueued(bus, [...ofOther, ...runsOfOrders(50)].toSorted());
  await expectAllAcked(bus);
  expect(one.asked.filter(({ run }) => ofOther.includes(run))).toHaveLength(50);
  await one.stop();
});

test("a server that is killed in the middle loses no event and doubles no run", { timeout: 60_000 }, async () => {
  await using bus = await startBus();
  const one = await trigger(bus);
  const append = appendOver(await bus.connect());
  const persistently = async (n: number): Promise<void> => {
    for (;;)
      try {
        await append(order(n));
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
  };
  const stored = Promise.all(
    Array.from({ length: 600 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 3));
      await persistently(n);
    }),
  );
  await vi.waitFor(() => expect(one.asked.length).toBeGreaterThan(100), soon);
  await bus.nats.kill();
  await bus.nats.restart();
  await stored;
  await vi.waitFor(async () => expect((await bus.queued()).map(({ id }) => id).toSorted()).toEqual(runsOfOrders(600)), {
    timeout: 40_000,
    interval: 200,
  });
  await expectAllAcked(bus);
  await one.stop();
});

test("an event of a suspended workflow is told as a skipped run, once, and not when the run was queued before", async () => {
  await using bus = await startBus();
  await ensureTriggersConsumer(await jetstreamManager(bus.nc), null);
  const asleep = { ...orders, status: "suspended" as const };
  const queuedBefore = reportOf({
    id: runIdOf("orders", "order-0"),
    workflow: "orders",
    state: "queued",
    cause: "order-0",
  });
  await bus.append({ ...order(900), type: "run", tags: ["run"], source: "/controller", value: queuedBefore });
  await bus.append(order(0));
  await bus.append(order(1));
  const one = await trigger(bus, [asleep]);
  await expectAllAcked(bus);
  const told = (await bus.events("run")).map(({ value }) => value as RunReport);
  expect(told.map(({ id, state }) => [id, state])).toEqual([
    [runIdOf("orders", "order-0"), "queued"],
    [runIdOf("orders", "order-1"), "skipped"],
  ]);
  expect(await bus.queued()).toEqual([]);
  await one.stop();
});

test("a consumer that the server lost is made again from where the reader was", { timeout: 40_000 }, async () => {
  await using bus = await startBus();
  const one = await trigger(bus);
  await bus.append(order(0));
  await expectAllAcked(bus);
  await (await jetstreamManager(bus.nc)).consumers.delete("EVENTS", "triggers");
  await bus.append(order(1));
  await expectQueued(bus, runsOfOrders(2));
  await one.stop();
});

test("a run by hand of a workflow that was saved elsewhere a moment ago is not taken for one of a deleted workflow", async () => {
  await using bus = await startBus();
  const entries: LiveWorkflow[] = [];
  const learn = (workflow: string) => Promise.resolve(workflow === "orders" && entries.push(orders));
  const one = await trigger(bus, entries, undefined, learn);
  await bus.append({ ...order(0), type: "manual", source: "/manual/orders" });
  await bus.append({ ...order(1), type: "manual", source: "/manual/gone" });
  await expectQueued(bus, [runIdOf("orders", "order-0")]);
  await expectAllAcked(bus);
  const [told] = await bus.events("run");
  expect(told?.value).toMatchObject({ workflow: "gone", state: "stopped" });
  await one.stop();
});
