// The event index over the API: how it is, and having it built again.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../api.ts";
import { type Edge, asCodeOf, asking, startEdge } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

test("it tells how much it holds, how far it is behind and whether it is being built again", async () => {
  for (let n = 0; n < 3; n += 1) await ask("POST", "/events", { body: { tags: "a", value: n } });
  await ask("GET", "/events");
  const { status, body } = await ask("GET", "/index");
  expect(status).toBe(200);
  expect(body).toEqual({
    events: 3,
    first_sequence: 1,
    last_sequence: 3,
    lag: 0,
    rebuilding: null,
    bytes: expect.any(Number),
    schema: expect.any(Number),
  });
});

test("it is built again on request, and whoever asks then is answered from all that is stored", async () => {
  const begun = await ask("POST", "/index/rebuild");
  expect(begun).toMatchObject({ status: 202, body: { lag: expect.any(Number) } });
  expect((await ask("GET", "/events?tag=a")).body).toHaveLength(3);
  await eventually(
    () => ask("GET", "/index"),
    ({ body }) => body["rebuilding"] === null && body["events"] === 3,
  );
});

test("code of a workflow may neither see it nor have it built again", async () => {
  for (const [method, path] of [
    ["GET", "/index"],
    ["POST", "/index/rebuild"],
  ] as const)
    expect(await ask(method, path, { headers: asCodeOf("hello") })).toMatchObject({ status: 403 });
});

test("one that has ended is told as unavailable", async () => {
  await edge.stopIndex();
  for (const [method, path] of [
    ["GET", "/index"],
    ["POST", "/index/rebuild"],
  ] as const)
    expect(await ask(method, path)).toMatchObject({ status: 503, body: { detail: expect.stringContaining("index") } });
});
