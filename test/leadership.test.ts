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
  /** What `leading` became, one after the other. */
  readonly heard: (boolean | null)[];
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
  const heard: (boolean | null)[] = [];
  let ahead = 0;
  const leadership = startLeadership(nc, kv, {
    holder,
    nowMs: () => performance.now() + ahead,
    onChange: () => void heard.push(leadership.leading),
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
    heard,
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

test("another controller takes a lease that it found unchanged for 5 s, and until then does not say that somebody leads", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await one.vanish();
  const startedMs = performance.now();
  await using two = await candidate(nats, "two");
  await vi.waitFor(() => expect(two.leadership.leading).toBe(true), soon);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(5_000);
  expect(two.heard).toEqual([true]);
});

test("time in which NATS was away is not counted against a lease: its holder has it again, and a follower follows on", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await using two = await candidate(nats, "two");
  await vi.waitFor(() => expect(two.leadership.leading).toBe(false), soon);
  await nats.kill();
  one.jump(9_000);
  two.jump(9_000);
  await vi.waitFor(() => expect([one.leadership.leading, two.leadership.leading]).toEqual([null, null]), soon);
  await nats.restart();
  await vi.waitFor(() => expect([one.leadership.leading, two.leadership.leading]).toEqual([true, false]), soon);
  expect(two.story).toEqual([]);
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

test("a leader that cannot renew stops before the lease is free, without saying that another leads, and leads again when it can", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await nats.kill();
  one.jump(4_000);
  expect(one.leadership.leading).toBeNull();
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready", "loss"]), soon);
  await nats.restart();
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready", "loss", "gain", "ready"]), soon);
  expect(one.heard).toEqual([true, null, true]);
});

test("a leader that was frozen leads on when nobody took its lease", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  one.jump(600_000);
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
  expect(one.heard).not.toContain(false);
});

test("a server that is killed and back within the lease, again and again, costs nobody the lead", async () => {
  await using nats = await startNats();
  await using one = await candidate(nats, "one");
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready"]), soon);
  for (let n = 0; n < 3; n += 1) {
    await nats.kill();
    await nats.restart();
    const kv = await kvOf(nats);
    const { revision = 0 } = (await kv.get()) ?? {};
    const backMs = performance.now();
    await vi.waitFor(async () => expect((await kv.get())?.revision).toBeGreaterThan(revision), soon);
    expect(performance.now() - backMs, "renewed as soon as the connection was back").toBeLessThan(2_000);
    await kv.close();
  }
  expect(one.story).toEqual(["gain", "ready"]);
});

test("a leader whose lease was taken while it was frozen stops as soon as it wakes, after what it had begun", async () => {
  await using nats = await startNats();
  const gate = Promise.withResolvers<void>();
  await using one = await candidate(nats, "one", () => gate.promise);
  await vi.waitFor(() => expect(one.story).toEqual(["gain"]), soon);
  await using two = await thief(nats);
  await vi.waitFor(() => expect(one.leadership.leading).toBe(false), soon);
  expect(one.story).toEqual(["gain"]);
  gate.resolve();
  await vi.waitFor(() => expect(one.story).toEqual(["gain", "ready", "loss"]), soon);
  await two.end();
  await vi.waitFor(() => expect(one.leadership.leading).toBe(true), soon);
});

/** Another controller that took the lease, and renews it. */
async function thief(nats: TestNats) {
  const kv = await kvOf(nats);
  const renew = () => kv.put(JSON.stringify({ holder: "two", process: "other", until: "" }));
  await renew();
  const renewing = setInterval(() => void renew(), 500);
  const end = async (): Promise<void> => {
    clearInterval(renewing);
    await kv.close();
  };
  return { end, [Symbol.asyncDispose]: end };
}

async function kvOf(nats: TestNats) {
  const nc = await connect({ servers: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  const kv = await new Kvm(jetstream(nc)).create("leader");
  return {
    get: () => kv.get("controller"),
    put: (lease: string) => kv.put("controller", lease),
    close: () => nc.close(),
  };
}
