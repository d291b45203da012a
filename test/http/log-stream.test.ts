// What all workflows write, followed over HTTP.
import { expect, test } from "vitest";
import { type Edge, asCodeOf, startEdge, workflow } from "./edge.ts";

const minuteMs = 60_000;
const listen = (edge: Edge): Promise<string> => edge.app.listen({ port: 0, host: "127.0.0.1" });
const open = (url: string, query: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/v1/logs/stream${query}`, { headers });
const textsIn = (text: string): string[] => [...text.matchAll(/"text":"([^"]*)"/g)].map(([, said = ""]) => said);
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (\S+)\nevent: log$/gm)].map(([, id = ""]) => id);

test("is of all workflows, of one or of one run, since a moment or behind an event, and ends with until", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const earlier = new Date(Date.now() - minuteMs);
  await edge.writeAt(earlier, "one", "r-1", "first");
  await edge.writeAt(earlier, "two", "r-2", "second");
  const timestamp = new Date().toISOString();
  const event = await edge.append({ source: "/api", type: "t", tags: ["a"], value: 1, timestamp });
  await edge.write("one", "r-3", "third");
  const read = async (query: string) => textsIn(await (await open(url, query)).text());
  expect(await read("?since=1h&until=now")).toEqual(["first", "second", "third"]);
  expect(await read("?since=1h&until=now&workflow=one")).toEqual(["first", "third"]);
  expect(await read("?since=1h&until=now&run=r-2")).toEqual(["second"]);
  expect(await read("?since=1h&until=now&workflow=two&run=r-1")).toEqual([]);
  expect(await read(`?since=${event.id}&until=now`)).toEqual(["third"]);
  const until = new Date(Date.now() + 1_000).toISOString();
  const following = await open(url, `?until=${until}`);
  await edge.write("two", "r-4", "live");
  expect(textsIn(await following.text())).toEqual(["live"]);
});

test("is resumed behind the very line that was seen last, though lines are stored several at a time", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  await edge.write("one", "r-1", "a", "b", "c");
  await edge.write("one", "r-1", "d");
  const text = await (await open(url, "?since=1h&until=now")).text();
  expect(idsIn(text)).toEqual(["1.0", "1.1", "1.2", "2.0"]);
  const after = async (id: string) =>
    textsIn(await (await open(url, "?since=1h&until=now", { "Last-Event-ID": id })).text());
  expect(await after("1.1")).toEqual(["c", "d"]);
  expect(await after("1")).toEqual(["d"]);
  expect(await after("2.0")).toEqual([]);
});

test("lines of another time are left out, whenever they were stored", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  await edge.writeAt(new Date(Date.now() - 90 * minuteMs), "one", "r-1", "stored late");
  await edge.write("one", "r-1", "now");
  const read = async (query: string) => textsIn(await (await open(url, query)).text());
  expect(await read("?since=1h&until=now")).toEqual(["now"]);
  expect(await read("?since=2h&until=1h")).toEqual(["stored late"]);
});

test("is for people only, and refuses what makes no sense", async () => {
  await using edge = await startEdge(workflow({ name: "hello", schedule: "manual" }));
  const url = await listen(edge);
  expect((await open(url, "?workflow=hello", asCodeOf("hello"))).status).toBe(403);
  expect((await open(url, "?since=nonsense")).status).toBe(404);
  expect((await open(url, "?until=now")).status).toBe(400);
  expect((await open(url, "", { "Last-Event-ID": "x" })).status).toBe(400);
  expect((await open(url, `?run=${"x".repeat(300)}`)).status).toBe(400);
});
