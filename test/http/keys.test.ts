// API keys over HTTP.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, asking, startEdge, workflow } from "./edge.ts";

let edge: Edge;
const ask = asking(() => edge);
beforeAll(async () => {
  const hook = (key: string) => ({ webhook: { key } });
  edge = await startEdge(
    workflow({ name: "shop", schedule: hook("github") }),
    workflow({ name: "other", schedule: hook("gitlab") }),
  );
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

test("a value is answered once, a name is taken until it is deleted, and what is wrong is named", async () => {
  const made = await ask("POST", "/keys", { body: { name: "github" } });
  expect(made).toMatchObject({ status: 201, headers: { "cache-control": "no-store" } });
  expect(made.body).toEqual({
    name: "github",
    value: expect.stringMatching(/^drover_/),
    createdAt: expect.any(String),
  });
  expect((await ask("POST", "/keys", { body: { name: "github" } })).status).toBe(409);
  expect((await ask("POST", "/keys?replace=true", { body: { name: "github" } })).status).toBe(201);
  const listed = await ask("GET", "/keys");
  expect(listed.body).toEqual([{ name: "github", createdAt: expect.any(String), by: "local" }]);
  expect(listed.headers).toMatchObject({ "x-total-count": "1" });
  const gone = { name: "github", workflows: ["shop"] };
  expect(await ask("DELETE", "/keys/github")).toMatchObject({ status: 200, body: { ...gone, deleted: true } });
  expect(await ask("DELETE", "/keys/github")).toMatchObject({ status: 200, body: { ...gone, deleted: false } });
  expect((await ask("GET", "/keys")).body).toEqual([]);
  const bad = await ask("POST", "/keys", { body: { name: "not good" } });
  expect(bad).toMatchObject({ status: 400, body: { problems: [{ path: "key.name" }] } });
  expect((await ask("POST", "/keys", { body: {} })).status).toBe(400);
});
