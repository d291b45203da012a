// For how long an agent was silent, over a real nats-server; the clock is the test's.
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { reportSubject } from "../../bus/subjects.ts";
import { followReports } from "../../controller/lifecycle/reports.ts";
import { startNats } from "../nats.ts";

const instance = "hello-aaaaaa-0";
const startedAt = "2026-01-01T00:00:00.000Z";

async function start() {
  const nats = await startNats();
  const reconnect = { reconnectTimeWait: 50, maxReconnectAttempts: -1 };
  const nc = await connect({ servers: nats.url, ...reconnect });
  const agents = await connect({ servers: nats.url, ...reconnect });
  const clock = { ms: 1_000_000 };
  const heard: string[] = [];
  const reports = followReports(
    nc,
    (report) => heard.push(report.instance),
    () => clock.ms,
  );
  await nc.flush();
  return {
    nats,
    clock,
    heard,
    reports,
    silentMs: () => reports.silentMs(instance, startedAt),
    report() {
      const report = { workflow: "hello", instance, state: { kind: "idle" }, restarts: heard.length };
      agents.publish(reportSubject("hello", instance), JSON.stringify(report));
    },
    /** Time passes, and the controller with it. */
    pass(seconds: number) {
      for (let n = 0; n < seconds; n += 1) {
        clock.ms += 1_000;
        reports.silentMs(instance, startedAt);
      }
    },
    async [Symbol.asyncDispose]() {
      reports.stop();
      await Promise.all([nc.close(), agents.close()]);
      await nats[Symbol.asyncDispose]();
    },
  };
}

test("silence counts from when an instance was first looked for, and ends with each report", async () => {
  await using all = await start();
  all.pass(100);
  expect(all.silentMs()).toBe(99_000);
  all.report();
  await expect.poll(() => all.heard).toEqual([instance]);
  expect(all.silentMs()).toBe(0);
  all.pass(20);
  expect(all.silentMs()).toBe(20_000);
});

test("an instance that was started anew under its name is new", async () => {
  await using all = await start();
  all.pass(100);
  expect(all.reports.silentMs(instance, "2026-01-01T01:00:00.000Z")).toBe(0);
  all.pass(50);
  all.reports.forget(instance);
  expect(all.silentMs()).toBe(0);
});

test("a controller that stood still for a while has heard nobody, and blames nobody", async () => {
  await using all = await start();
  all.pass(30);
  all.clock.ms += 90_000;
  expect(all.silentMs()).toBe(0);
  all.pass(10);
  expect(all.silentMs()).toBe(10_000);
});

test("while NATS is away nobody is silent, and after it nobody was", async () => {
  await using all = await start();
  all.pass(50);
  await all.nats.kill();
  await expect.poll(all.silentMs).toBe(0);
  all.pass(50);
  expect(all.silentMs()).toBe(0);
  await all.nats.restart();
  await expect
    .poll(
      () => {
        all.pass(1);
        return all.silentMs();
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThan(0);
  expect(all.silentMs()).toBeLessThan(50_000);
});
