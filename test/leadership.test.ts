// Which of several controllers leads, on a real nats-server; the steady clocks of the controllers are the test's.
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { type NatsConnection, connect } from "@nats-io/transport-node";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { type Leadership, startLeadership } from "../controller/leadership.ts";
import { type TestNats, startNats } from "./nats.ts";

const log = pino({ level: "silent" });
const soon = { timeout: 10_000, interval: 20 };

type Candidate = AsyncDisposable & {
  readonly leadership: Leadership;
  readonly story: string[];
  /** Its steady clock goes on by this much at once. */
  jump(ms: number): void;
  /** As kill -9 does: it renews no more and gives nothing up. */
  vanish(): Promise<void>;
};

async function candidate(
  nats: TestNats,
  holder: string,
  duty = (): Promise<void> => Promise.resolve(),
): Promise<Candidate> {
  const nc: NatsConnection = await connect({ servers: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  const kv = await new Kvm(jetstream(nc)).create("leader");
  const story: string[] = [];
  let ahead = 0;
  const leadership = startLeadership(kv, {
    holder,
    nowMs: () => performance.now() + ahead,
    onGain: async () => {
      story.push("gain");
      await duty();
      story.push("ready");
    },
    onLoss: () => void story.push("loss"),
    log,
  });
  return {
    leadership,
    story,
    jump: (ms) => void (ahead += ms),
    vanish: () => nc.close(),
    async [Symbol.asyncDispose]() {
      await leadership.stop();
      await nc.close();
    },
  };
}

test("one of two controllers leads, and the other takes over at once when it gives up", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  expect(one.leadership.leading).toBeNull();
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await using two = await candidate(nats, "two");
  await vi.waitFor(() => expect(two.leadership.leading).toBe(false), soon);
  await one.leadership.stop();
  expect(one.story).toEqual(["gain", "ready", "loss"]);
  await vi.waitFor(() => expect(two.leadership.leading).toBe(true), soon);
  expect(two.story[0]).toBe("gain");
});

test("a lease that is renewed is not taken, however late another's clock says it is", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  const kv = await kvOf(nats);
  await using two = await candidate(nats, "two");
  await vi.waitFor(() => expect(two.leadership.leading).toBe(false), soon);
  const before = (await kv.get())?.revision ?? 0;
  await vi.waitFor(async () => expect((await kv.get())?.revision).toBeGreaterThan(before + 2), soon);
  expect([one.leadership.leading, two.leadership.leading]).toEqual([true, false]);
  await kv.close();
});

test("another controller takes a lease that was not renewed while it held it for 5 s by its own clock", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await one.vanish();
  await using two = await candidate(nats, "two");
  await vi.waitFor(() => expect(two.leadership.leading).toBe(false), soon);
  two.jump(5_000);
  await vi.waitFor(() => expect(two.leadership.leading).toBe(true), soon);
});

test("a controller that comes back under its own name does not wait for the lease to run out", async () => {
  await using nats = await startNats();
  await using killed = await candidate(nats, "one");
  await vi.waitFor(() => expect(killed.leadership.leading).toBe(true), soon);
  await killed.vanish();
  const startedMs = performance.now();
  await using again = await candidate(nats, "one");
  await vi.waitFor(() => expect(again.leadership.leading).toBe(true), soon);
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

test("a leader that cannot renew stops before the lease is free, and leads again when it can", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await nats.kill();
  one.jump(4_000);
  expect(one.leadership.leading).toBe(false);
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready", "loss"]), soon);
  await nats.restart();
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), { timeout: 20_000, interval: 50 });
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready", "loss", "gain", "ready"]), soon);
});

test("a leader whose lease was taken while it was frozen stops as soon as it wakes, after what it had begun", async () => {
  await using nats = await startNats();
  const gate = Promise.withResolvers<void>();
  await using one = await candidate(nats, "one", () => gate.promise);
  await vi.waitFor(() => expect(one.story).toEqual(["gain"]), soon);
  const kv = await kvOf(nats);
  await kv.put(JSON.stringify({ holder: "two", process: "other", until: "" }));
  await vi.waitFor(() => expect(one.leadership.leading).toBe(false), soon);
  expect(one.story).toEqual(["gain"]);
  gate.resolve();
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready", "loss"]), soon);
  await kv.close();
});

async function kvOf(nats: TestNats) {
  const nc = await connect({ servers: nats.url });
  const kv = await new Kvm(jetstream(nc)).create("leader");
  return {
    get: () => kv.get("controller"),
    put: (lease: string) => kv.put("controller", lease),
    close: () => nc.close(),
  };
}
