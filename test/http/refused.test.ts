// Refused calls are events: who was refused what, and that a flood of them stays small.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, asCodeOf, startEdge, workflow } from "./edge.ts";

let edge: Edge;
let key: string;

beforeAll(async () => {
  edge = await startEdge(workflow({ name: "shop", schedule: { webhook: { key: "github" } } }));
  const made = await edge.keys.create("gitlab", { by: "local", replace: false });
  key = made.kind === "created" ? made.value : "";
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

type Told = { reason: string; by: string; count: number; route: string; workflow: string | null; site: string | null };

async function refused(url: string, method: "GET" | "POST" | "PUT", headers: Record<string, string>): Promise<number> {
  return (await edge.app.inject({ method, url, headers })).statusCode;
}

const told = (): Told[] => edge.stored.filter(({ type }) => type === "refused").map(({ value }) => value as Told);

test("each reason is an event that names the caller as far as it is known, and the workflow if there is one", async () => {
  expect(await refused("/hooks/shop", "POST", {})).toBe(401);
  expect(await refused("/hooks/nobody", "POST", { "x-api-key": "drover_guess" })).toBe(401);
  expect(await refused("/hooks/shop", "POST", { "x-api-key": key })).toBe(403);
  expect(await refused("/api/v1/breeds/b", "PUT", asCodeOf("shop"))).toBe(403);
  expect(await refused("/api/v1/info", "GET", { origin: "http://evil.example", host: "localhost" })).toBe(403);
  await expect.poll(() => told().length).toBe(5);
  const common = { count: 1, since: expect.any(String) };
  expect(told()).toEqual([
    {
      ...common,
      reason: "no-key",
      by: "anyone",
      status: 401,
      method: "POST",
      route: "/hooks/:workflow",
      workflow: "shop",
      site: null,
    },
    {
      ...common,
      reason: "unknown-key",
      by: "anyone",
      status: 401,
      method: "POST",
      route: "/hooks/:workflow",
      workflow: null,
      site: null,
    },
    {
      ...common,
      reason: "wrong-key",
      by: "key:gitlab",
      status: 403,
      method: "POST",
      route: "/hooks/:workflow",
      workflow: "shop",
      site: null,
    },
    {
      ...common,
      reason: "workflow-code",
      by: "workflow:shop",
      status: 403,
      method: "PUT",
      route: "/api/v1/breeds/:name",
      workflow: null,
      site: null,
    },
    {
      ...common,
      reason: "cross-site",
      by: "anyone",
      status: 403,
      method: "GET",
      route: "/api/v1/info",
      workflow: null,
      site: "http://evil.example",
    },
  ]);
  const tags = edge.stored.filter(({ type }) => type === "refused").map((event) => event.tags);
  expect(tags[2]).toEqual(expect.arrayContaining(["refused:wrong-key", "keys:gitlab", "workflows:shop"]));
  expect(tags[3]).toEqual(expect.arrayContaining(["refused:workflow-code", "workflows:shop"]));
});

test("no key, and nothing of an address that was made up, is in an event (I6)", async () => {
  await refused(`/hooks/shop?x-api-key=${key}`, "POST", {});
  await refused("/api/v1/breeds/made-up-secret?token=made-up-secret", "PUT", asCodeOf("shop"));
  await refused("/hooks/made-up-secret", "POST", { "x-api-key": "made-up-secret" });
  await expect.poll(() => told().length).toBe(8);
  expect(JSON.stringify(edge.stored.filter(({ type }) => type === "refused"))).not.toMatch(
    new RegExp(`made-up|${key}`),
  );
});

test("a flood is ten events a minute for each reason and caller, and the rest is counted when the minute or the controller ends", async () => {
  const before = told().filter(({ reason }) => reason === "no-key").length;
  for (let n = 0; n < 200; n += 1) await refused("/hooks/shop", "POST", {});
  await refused("/api/v1/breeds/b", "PUT", asCodeOf("another"));
  await expect.poll(() => told().some(({ by }) => by === "workflow:another")).toBe(true);
  const flood = (): Told[] => told().filter(({ reason }) => reason === "no-key");
  expect(flood()).toHaveLength(10);
  await edge.app.close();
  expect(flood()).toHaveLength(11);
  expect(flood().reduce((sum, { count }) => sum + count, 0)).toBe(200 + before);
});
