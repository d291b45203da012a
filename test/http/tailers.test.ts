// Many tailers of one stream, and slow ones.
import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";
import { text } from "node:stream/consumers";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { tailersMax } from "../../controller/events/live.ts";
import { eventually, follow } from "../api.ts";
import { type Edge, runReport, startEdge } from "./edge.ts";

const large = "x".repeat(60_000);
/** More than the buffers of a connection hold, and what a reader may leave unread. */
const largeEvents = 300;

async function open(url: string, query = ""): Promise<IncomingMessage> {
  const request = get(`${url}/api/v1/events/stream${query}`, { agent: false });
  request.on("error", () => {});
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

const emit = (edge: Edge, count: number, value: unknown) =>
  edge.appendAll(
    Array.from({ length: count }, () => ({
      source: "/api",
      type: "t",
      tags: ["a"],
      value,
      timestamp: new Date().toISOString(),
    })),
  );

test("a reader that reads nothing is cut off with a reason, while another gets everything", async () => {
  await using edge = await startEdge();
  const url = await edge.app.listen({ port: 0, host: "127.0.0.1" });
  const slow = await open(url);
  await using quick = await follow(url);
  for (let sent = 0; sent < largeEvents; sent += 10) await emit(edge, 10, large);
  await quick.count(largeEvents);
  const received = await text(slow);
  expect(received).toMatch(/event: error\ndata: \{"detail":"cut off: more than 1048576 bytes were left unread"\}\n\n$/);
  const last = [...received.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1];
  expect(Number(last)).toBeLessThan(largeEvents);
  await using again = await follow(url, "", { "Last-Event-ID": String(last) });
  await again.count(largeEvents - Number(last));
});

test("a reader of the past is waited for: what it does not read stays at the server, and nothing is lost", async () => {
  await using edge = await startEdge();
  const url = await edge.app.listen({ port: 0, host: "127.0.0.1" });
  for (let sent = 0; sent < largeEvents; sent += 10) await emit(edge, 10, large);
  const slow = await open(url, "?since=1h&until=now");
  const nc = await connect({ servers: edge.natsUrl });
  const jsm = await jetstreamManager(nc);
  const pending = async (): Promise<number> => {
    const consumers = await Array.fromAsync(jsm.consumers.list("EVENTS"));
    return Math.max(...consumers.map(({ num_pending: count }) => count));
  };
  await using quick = await follow(url);
  await eventually(pending, (count) => count > 0 && count < largeEvents);
  await emit(edge, 1, "small");
  await quick.count(1);
  expect(await pending()).toBeGreaterThan(0);
  const received = await text(slow);
  expect(received.match(/^event: t$/gm)?.length).toBe(largeEvents);
  expect(received).toContain("event: over");
  // One that goes away in the middle leaves no consumer behind either.
  const consumers = async (): Promise<number> => (await jsm.streams.info("EVENTS")).state.consumer_count;
  const before = await eventually(consumers, (count) => count === 2);
  const leaving = await open(url, "?since=1h");
  await eventually(consumers, (count) => count > before);
  leaving.destroy();
  await eventually(consumers, (count) => count === before);
  await nc.close();
});

test("one tailer more than may follow is refused, until another has ended", { timeout: 60_000 }, async () => {
  await using edge = await startEdge();
  const url = await edge.app.listen({ port: 0, host: "127.0.0.1", backlog: 2_000 });
  const all: IncomingMessage[] = [];
  while (all.length < tailersMax) all.push(...(await Promise.all(Array.from({ length: 50 }, () => open(url)))));
  const refused = await open(url);
  expect(refused.statusCode).toBe(503);
  expect(await text(refused)).toContain("1000 tailers follow the stream already");
  // Nobody who waits for the end of a run is kept out.
  await edge.report(runReport());
  const waiting = await fetch(`${url}/api/v1/runs/r-1/logs?follow=true`);
  expect(waiting.status).toBe(200);
  await waiting.body?.cancel();
  const [first, ...others] = all;
  first?.destroy();
  await eventually(
    async () => {
      const next = await open(url);
      next.destroy();
      return next.statusCode;
    },
    (status) => status === 200,
  );
  let count = 0;
  for (const one of others) one.on("data", (chunk: Buffer) => (count += chunk.includes("event: t") ? 1 : 0));
  await emit(edge, 1, "one");
  await expect.poll(() => count, { timeout: 20_000 }).toBe(tailersMax - 1);
  for (const one of others) one.destroy();
});
