// The event stream, followed through time over server-sent events.
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { eventually, follow } from "../api.ts";
import { type Edge, startEdge } from "./edge.ts";

const minuteMs = 60_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

async function listen(edge: Edge): Promise<string> {
  return edge.app.listen({ port: 0, host: "127.0.0.1" });
}

const stream = (url: string, query = "", headers: Record<string, string> = {}) =>
  fetch(`${url}/api/v1/events/stream${query}`, { headers });

/** The values of the events in a stream that has ended. */
function valuesIn(text: string): unknown[] {
  return [...text.matchAll(/^id: .*\nevent: .*\ndata: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data).value);
}

const emit = (edge: Edge, value: unknown, timestamp = new Date().toISOString(), type = "t") =>
  edge.append({ source: "/api", type, tags: ["a"], value, timestamp });

const consumersOf = async (edge: Edge): Promise<number> => {
  const nc = await connect({ servers: edge.natsUrl });
  const { state } = await (await jetstreamManager(nc)).streams.info("EVENTS");
  await nc.close();
  return state.consumer_count;
};

test("the past joins what happens, under load: every event once and in stream order, and no consumer is left", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const before = await consumersOf(edge);
  const past = 3_000;
  await edge.appendAll(
    Array.from({ length: past }, (_, n) => ({ source: "/api", type: "t", tags: ["a"], value: n, timestamp: ago(0) })),
  );
  let value = past;
  const enough = new AbortController();
  const emitting = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!enough.signal.aborted) await emit(edge, value++);
    }),
  );
  const tails = await Promise.all(
    ["?since=1h", "?since=1h&tag=a", "?since=1h&type=t"].map((query) => follow(url, query)),
  );
  await Promise.all(tails.map((tail) => tail.count(past + 500)));
  enough.abort();
  await emitting;
  await Promise.all(tails.map((tail) => tail.count(value)));
  for (const tail of tails) {
    const sequences = tail.ids.map(Number);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(tail.seen.map((event) => event.value)).size).toBe(value);
    expect(tail.seen.length).toBe(value);
  }
  await eventually(
    () => consumersOf(edge),
    (count) => count === before,
  );
  await Promise.all(tails.map((tail) => tail[Symbol.asyncDispose]()));
});

test("since is a moment, by the time of the events, an event, or how long ago; until ends it", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  await emit(edge, "old", ago(180 * minuteMs));
  const second = await emit(edge, "half an hour", ago(30 * minuteMs));
  await emit(edge, "stored late", ago(90 * minuteMs));
  await emit(edge, "now");
  const read = async (query: string) => valuesIn(await (await stream(url, query)).text());
  expect(await read("?since=1h&until=now")).toEqual(["half an hour", "now"]);
  expect(await read("?since=2h&until=now")).toEqual(["half an hour", "stored late", "now"]);
  expect(await read(`?since=${ago(minuteMs)}&until=now`)).toEqual(["now"]);
  expect(await read(`?since=${second.id}&until=now`)).toEqual(["stored late", "now"]);
  expect(await read(`?since=4h&until=${ago(60 * minuteMs)}`)).toEqual(["old", "stored late"]);
  expect(await read("?since=4h&until=now&type=other")).toEqual([]);
  const answer = await stream(url, "?since=1h&until=now");
  expect(Date.parse(answer.headers.get("x-since") ?? "")).toBeGreaterThan(Date.now() - 61 * minuteMs);
  expect(await answer.text()).toMatch(/event: over\ndata: \{"until":".*"\}\n\n$/);
});

test("what a resumed reader has seen counts, not since", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  for (const value of [1, 2, 3]) await emit(edge, value);
  const text = await (await stream(url, "?since=1h&until=now", { "Last-Event-ID": "2" })).text();
  expect(valuesIn(text)).toEqual([3]);
  expect(valuesIn(await (await stream(url, "?since=1h&until=now&last_event_id=1")).text())).toEqual([2, 3]);
});

test("until in the future is waited for, then the stream is over with what was stored by then", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  await emit(edge, "past");
  const until = new Date(Date.now() + 1_000).toISOString();
  const answer = await stream(url, `?since=1h&until=${until}`);
  await emit(edge, "before");
  await emit(edge, "of a later time", new Date(Date.now() + minuteMs).toISOString());
  const text = await answer.text();
  expect(valuesIn(text)).toEqual(["past", "before"]);
  expect(Date.now()).toBeGreaterThan(Date.parse(until));
  expect(text).toContain("event: over");
});

test("an empty stream, and one whose end is gone, are followed from now on", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  for (const value of [1, 2, 3]) await emit(edge, value);
  const nc = await connect({ servers: edge.natsUrl });
  await (await jetstreamManager(nc)).streams.purge("EVENTS");
  await nc.close();
  await using tail = await follow(url, "?last_event_id=1");
  expect(await (await stream(url, "?since=1h&until=now")).text()).toContain("event: over");
  await emit(edge, 4);
  await tail.count(1);
  expect(tail.seen.map(({ value }) => value)).toEqual([4]);
});

test("what makes no sense is refused with what to write instead", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const refused = async (query: string, headers: Record<string, string> = {}) => {
    const answer = await stream(url, query, headers);
    return `${answer.status} ${((await answer.json()) as { detail: string }).detail}`;
  };
  expect(await refused("?since=yesterday")).toMatch(/^404 since: "yesterday" is the id of no event .* "1h"/);
  expect(await refused("?since=2026-13-01T00:00:00Z")).toMatch(/^400 since: expected an ISO 8601 instant/);
  expect(await refused("?since=5y")).toMatch(/^400 since: expected/);
  expect(await refused(`?since=${"x".repeat(300)}`)).toMatch(/^400 since/);
  expect(await refused("?until=soon")).toMatch(/^400 until: expected/);
  expect(await refused("?until=now")).toMatch(/^400 until: expected a moment in the future, or since/);
  expect(await refused("?since=1h&until=2h")).toMatch(/^400 until: expected a moment after since/);
  expect(await refused("", { "Last-Event-ID": "abc" })).toMatch(/^400 Last-Event-ID/);
  expect(await refused("?last_event_id=99")).toMatch(/^400 the last event id 99 is not of this stream/);
});

test("of one type the past joins what happens, however busy the stream is with others", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const before = await consumersOf(edge);
  const rare = 20;
  const others = Array.from({ length: 500 }, () => ({
    source: "/api",
    type: "other.type",
    tags: ["a"],
    value: null,
    timestamp: ago(0),
  }));
  for (let value = 0; value < rare; value += 1) {
    await emit(edge, value, ago(0), "rare.type");
    await edge.appendAll(others);
  }
  const enough = new AbortController();
  const busy = (async () => {
    while (!enough.signal.aborted) await emit(edge, null, ago(0), "other.type");
  })();
  await using exact = await follow(url, "?since=1h&type=rare.type");
  await using pattern = await follow(url, "?since=1h&type=rare.*");
  for (let value = rare; value < 2 * rare; value += 1) await emit(edge, value, ago(0), "rare.type");
  for (const tail of [exact, pattern]) {
    await tail.count(2 * rare);
    expect(tail.seen.map(({ value }) => value)).toEqual(Array.from({ length: 2 * rare }, (_, n) => n));
  }
  enough.abort();
  await busy;
  // Those who have joined read nothing any more.
  await eventually(
    () => consumersOf(edge),
    (count) => count === before,
  );
});

test("what the stream says itself has no id, so it is told from events of any type", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  for (const type of ["over", "error"]) await emit(edge, type, ago(0), type);
  const text = await (await stream(url, "?since=1h&until=now")).text();
  expect(valuesIn(text)).toEqual(["over", "error"]);
  const blocks = text.split("\n\n").filter((block) => block.includes("data: "));
  expect(blocks.map((block) => block.startsWith("id: "))).toEqual([true, true, false]);
  expect(blocks.at(-1)).toMatch(/^event: over\n/);
});
