import { connect } from "@nats-io/transport-node";
import { DiscardPolicy, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { PublishError, createPublisher } from "../../bus/publisher.ts";
import { eventually } from "../api.ts";
import { startNats } from "../nats.ts";

async function open(url: string) {
  const nc = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
  const jsm = await jetstreamManager(nc);
  const publisher = createPublisher(nc, { inbox: "_INBOX_test.ack", ackTimeoutMs: 2_000 });
  return { nc, jsm, publisher };
}

async function nextStatus(nc: NatsConnection, wanted: string): Promise<void> {
  for await (const { type } of nc.status()) if (type === wanted) return;
}

test("a publish resolves with its sequence, and a second one under its id is told to be a duplicate", async () => {
  await using nats = await startNats();
  const { nc, jsm, publisher } = await open(nats.url);
  await jsm.streams.add({ name: "EVENTS", subjects: ["event.>"] });
  expect(await publisher.publish("event.-.a", "one", "id-1")).toEqual({ seq: 1, duplicate: false });
  expect(await publisher.publish("event.-.a", "one", "id-1")).toEqual({ seq: 1, duplicate: true });
  expect(await publisher.publish("event.-.a", "two", "id-2")).toEqual({ seq: 2, duplicate: false });
  expect((await jsm.streams.info("EVENTS")).state.messages).toBe(2);
  await nc.close();
});

test("a subject that no stream takes is refused, not waited for", async () => {
  await using nats = await startNats();
  const { nc, publisher } = await open(nats.url);
  await expect(publisher.publish("nobody.listens", "x", "id-1")).rejects.toMatchObject({ code: "refused" });
  await nc.close();
});

test("what is unanswered when the server dies ends as unanswered, and repeating it stores it once (I1)", async () => {
  await using nats = await startNats();
  const { nc, jsm, publisher } = await open(nats.url);
  await jsm.streams.add({ name: "EVENTS", subjects: ["event.>"] });
  await publisher.publish("event.-.a", "first", "id-0");
  await nats.kill();
  const lost = publisher.publish("event.-.a", "x", "id-1");
  await expect(lost).rejects.toBeInstanceOf(PublishError);
  await nats.restart();
  let stored = null;
  while (stored === null) stored = await publisher.publish("event.-.a", "x", "id-1").catch(() => null);
  const { messages } = (await jsm.streams.info("EVENTS")).state;
  expect(messages).toBe(2);
  expect(publisher.pending).toBe(0);
  await nc.close();
});

test("what a lost connection took with it, or what there was none for, is not waited for once there is another", async () => {
  await using nats = await startNats();
  const { nc, jsm } = await open(nats.url);
  await jsm.streams.add({ name: "EVENTS", subjects: ["event.>"] });
  const patient = createPublisher(nc, { inbox: "_INBOX_test.patient", ackTimeoutMs: 600_000 });
  await patient.publish("event.-.a", "first", "id-0");
  // It is on its way when the server dies: whoever asks the kernel sees it sent.
  nats.freeze();
  const lost = patient.publish("event.-.a", "x", "id-1");
  const several = patient.publishAll({
    count: 2,
    at: (n) => ({ subject: "event.-.a", payload: "y", messageId: `several-${n}` }),
  });
  await new Promise(setImmediate);
  const disconnected = nextStatus(nc, "disconnect");
  await nats.kill();
  await disconnected;
  const between = patient.publish("event.-.a", "z", "id-2");
  await nats.restart();
  await expect(between).rejects.toMatchObject({ code: "unanswered" });
  await expect(lost).rejects.toMatchObject({ code: "unanswered" });
  expect(await several).toMatchObject({ missing: [0, 1], error: { code: "unanswered" } });
  expect(patient.pending).toBe(0);
  expect((await patient.publish("event.-.a", "x", "id-1")).duplicate).toBe(false);
  await nc.close();
});

test("closing refuses what still waits and what comes after", async () => {
  await using nats = await startNats();
  const { nc, publisher } = await open(nats.url);
  nc.subscribe("silent", { callback: () => {} });
  const waiting = publisher.publish("silent", "x", "id-1");
  publisher.close();
  await expect(waiting).rejects.toMatchObject({ code: "closed" });
  await expect(publisher.publish("silent", "x", "id-2")).rejects.toMatchObject({ code: "closed" });
  await nc.close();
});

test("a message for a free subject only is refused as `exists` while one is there, even when its id is forgotten", async () => {
  await using nats = await startNats();
  const { nc, jsm, publisher } = await open(nats.url);
  await jsm.streams.add({ name: "RUNS", subjects: ["run.>"], duplicate_window: nanos(100) });
  const publish = (id: string) => publisher.publish("run.hello.r1", "x", id, { onlyIfAbsent: true });
  const { seq } = await publish("r1");
  expect(await publish("r1")).toEqual({ seq, duplicate: true });
  await expect(publish("r1.1")).rejects.toMatchObject({ code: "exists" });
  const code = () => publish("r1").then(String, (error: PublishError) => error.code);
  expect(await eventually(code, (answer) => answer === "exists")).toBe("exists");
  await jsm.streams.deleteMessage("RUNS", seq);
  expect(await publish("r1")).toMatchObject({ duplicate: false });
  expect(await publisher.publish("run.hello.r1", "x", "another")).toMatchObject({ duplicate: false });
  await nc.close();
});

test("a stream that takes no more is told apart from a refusal", async () => {
  await using nats = await startNats();
  const { nc, jsm, publisher } = await open(nats.url);
  await jsm.streams.add({ name: "RUNS", subjects: ["run.>"], discard: DiscardPolicy.New, max_bytes: 200 });
  await publisher.publish("run.a.r1", "x", "r1");
  await expect(publisher.publish("run.a.r2", "x".repeat(300), "r2")).rejects.toMatchObject({ code: "full" });
  await nc.close();
});
