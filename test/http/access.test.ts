// Who may use which route: the table is complete, and each role is let in exactly where it says.
import { channel } from "node:diagnostics_channel";
import type { FastifyInstance, RouteOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Access, accessTable, mayDo } from "../../controller/http/access.ts";
import { type Role, roles } from "../../model/grant.ts";
import { type Edge, asCodeOf, startEdge, workflow } from "./edge.ts";

const routes = new Set<string>();
let edge: Edge;
const values = new Map<Role | "scoped", string>();

beforeAll(async () => {
  const made = channel("fastify.initialization");
  const listen = (message: unknown): void => {
    (message as { fastify: FastifyInstance }).fastify.addHook("onRoute", ({ method, url }: RouteOptions) => {
      for (const one of [method].flat()) if (one !== "HEAD") routes.add(`${one} ${url}`);
    });
  };
  made.subscribe(listen);
  edge = await startEdge(workflow({ name: "shop-a", schedule: "manual" }));
  made.unsubscribe(listen);
  edge.mode = "tokens";
  for (const role of roles) {
    const created = await edge.tokens.create({ name: role, role }, "local");
    values.set(role, created.kind === "created" ? created.value : "");
  }
  const scoped = await edge.tokens.create({ name: "scoped", role: "operator", workflows: ["shop-*"] }, "local");
  values.set("scoped", scoped.kind === "created" ? scoped.value : "");
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

test("every route of the server has a line, and every line is about a route", () => {
  expect(routes.size).toBeGreaterThan(50);
  expect(Object.keys(accessTable).toSorted()).toEqual([...routes].toSorted());
});

const lines = Object.entries(accessTable).map(([line, access]) => ({ line, access }));

/** What a route itself refuses is 400, 404 and so on; what it lacks in this test is 500. Streams are not begun. */
async function statusOf(line: string, headers: Record<string, string>, name = "shop-a"): Promise<number> {
  const [method = "", route = ""] = line.split(" ");
  const url = route.replace(/:\w+/, name).replace(/:\w+/, "1");
  const answer = await edge.app.inject({
    method: method as "GET",
    url: asksForOne(line) ? `${url}?workflow=${name}${line.endsWith("/stream") ? "&since=never" : ""}` : url,
    headers,
  });
  return answer.statusCode;
}

/** These show one workflow at a time to who has some only. */
const asksForOne = (line: string): boolean => /^(?:GET .*\/(?:stream|runs|events)|.*\/get)$/.test(line);
const isRefused = (status: number): boolean => status === 401 || status === 403;
const bearer = (role: Role | "scoped"): Record<string, string> => ({ authorization: `Bearer ${values.get(role)}` });
const isHook = (line: string): boolean => line.includes("/hooks/");

const routesWithoutKeys = lines.filter(({ line }) => !isHook(line));

test.each(routesWithoutKeys)("without a token: $line", async ({ line, access }) => {
  expect(isRefused(await statusOf(line, {}))).toBe(access.kind === "guarded");
});

test.each(routesWithoutKeys)("each role: $line", async ({ line, access }) => {
  const allowed: Role[] = [];
  for (const role of roles) if (!isRefused(await statusOf(line, bearer(role)))) allowed.push(role);
  expect(allowed).toEqual(roles.filter((role) => access.kind === "public" || mayDo(role, access.right)));
});

const guarded = lines.flatMap(({ line, access }) => (access.kind === "guarded" ? [{ line, access }] : []));

test.each(guarded)("a token with a scope: $line", async ({ line, access }) => {
  const may = mayDo("operator", access.right) && access.scoped !== "none";
  expect(isRefused(await statusOf(line, bearer("scoped")))).toBe(!may);
  const mayElsewhere = may && access.scoped !== "name";
  expect(isRefused(await statusOf(line, bearer("scoped"), "bank"))).toBe(!mayElsewhere || asksForOne(line));
});

test.each(lines)("code of a workflow: $line", async ({ line, access }) => {
  const own: Access["code"][] = ["yes", "own"];
  expect(isRefused(await statusOf(line, asCodeOf("shop-a")))).toBe(!own.includes(access.code));
  expect(isRefused(await statusOf(line, asCodeOf("bank")))).toBe(access.code !== "yes");
});

test("an address that is written otherwise is the same route to all of this", async () => {
  for (const url of [
    "/api/v1/keys/",
    "/API/v1/../v1/keys",
    "/api/v1/%6beys",
    "/default/api/v1/keys",
    "//api/v1/keys",
    "/api/v1/workflows/../keys",
    "/api/v1/workflows/shop-a%2f..%2f..%2fkeys",
  ]) {
    const { statusCode } = await edge.app.inject({ url, headers: bearer("viewer") });
    expect([url, [403, 404].includes(statusCode)]).toEqual([url, true]);
  }
  expect((await edge.app.inject({ url: "/api/v1/%6beys", headers: bearer("viewer") })).statusCode).toBe(403);
});
