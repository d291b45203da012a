// Tokens at the edge: how they are presented, what they show of themselves, and that what was opened with one ends with it.
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refused } from "../../controller/http/refused.ts";
import { createRates } from "../../controller/http/rates.ts";
import type { Identity } from "../../controller/http/identity.ts";
import type { TokenRequest } from "../../model/token.ts";
import { type Ask, type Edge, asking, startEdge, workflow } from "./edge.ts";

let edge: Edge;
let ask: Ask;

beforeEach(async () => {
  edge = await startEdge(
    workflow({ name: "shop-a", schedule: "manual" }),
    workflow({ name: "bank", schedule: "manual" }),
  );
  edge.mode = "tokens";
  ask = asking(() => edge);
});
afterEach(async () => {
  await edge[Symbol.asyncDispose]();
});

async function made(asked: TokenRequest): Promise<Record<string, string>> {
  const created = await edge.tokens.create(asked, "local");
  if (created.kind !== "created") throw new Error(`not created: ${created.kind}`);
  return { authorization: `Bearer ${created.value}` };
}

test.each(["Bearer", "bearer", "token", "BEARER "])("a token is presented as `%s`", async (scheme) => {
  const { authorization = "" } = await made({ name: "v", role: "viewer" });
  const headers = { authorization: authorization.replace("Bearer", scheme) };
  expect((await ask("GET", "/gateways", { headers })).status).toBe(200);
});

test("no token, one of another kind and a wrong one are 401, say how, and tell nothing more", async () => {
  for (const authorization of ["", "token", "Basic dTpw", "Bearer drover_token_guess", "Bearer a b"]) {
    const answer = await ask("GET", "/events/secret-id", { headers: authorization === "" ? {} : { authorization } });
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer realm="drover"' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/guess|dTpw|secret-id/);
  }
});

test("where nobody needs a token, one that is not good is refused all the same", async () => {
  edge.mode = "open";
  expect((await ask("GET", "/gateways")).status).toBe(200);
  expect((await ask("GET", "/gateways", { headers: { authorization: "Bearer nothing" } })).status).toBe(401);
  const viewer = await made({ name: "v", role: "viewer" });
  expect((await ask("GET", "/tokens", { headers: viewer })).status).toBe(403);
});

test("at a webhook a token of somebody else's is none of ours", async () => {
  const headers = { authorization: "Bearer of-the-sender" };
  const { statusCode, body } = await edge.app.inject({ method: "POST", url: "/hooks/shop-a", headers });
  expect([statusCode, body]).toEqual([401, expect.stringContaining("x-api-key")]);
});

test("an admin makes, lists and revokes them; a value is in the answer that makes it, and nowhere else", async () => {
  const headers = await made({ name: "root", role: "admin" });
  const body = { name: "ci", role: "operator", workflows: "shop-*", expires: "P30D" };
  const created = await ask("POST", "/tokens", { headers, body });
  expect(created).toMatchObject({ status: 201, headers: { "cache-control": "no-store" } });
  const value = String(created.body["value"]);
  expect((await ask("POST", "/tokens", { headers, body })).status).toBe(409);
  await ask("GET", "/gateways", { headers: { authorization: `Bearer ${value}` } });
  const listed = await ask("GET", "/tokens", { headers });
  expect(listed.body).toMatchObject([{ name: "ci", workflows: ["shop-*"], by: "token:root" }, { name: "root" }]);
  expect((await ask("DELETE", "/tokens/ci", { headers })).body).toEqual({ name: "ci", revoked: true });
  expect((await ask("DELETE", "/tokens/ci", { headers })).body).toEqual({ name: "ci", revoked: false });
  expect((await ask("GET", "/gateways", { headers: { authorization: `Bearer ${value}` } })).status).toBe(401);
  expect(JSON.stringify([listed.body, edge.stored, edge.log])).not.toContain(value.slice(13));
});

test("a bad request names everything that is wrong, and makes no token", async () => {
  const headers = await made({ name: "root", role: "admin" });
  const { status, body } = await ask("POST", "/tokens", {
    headers,
    body: { name: "a b", role: "king", expires: "soon" },
  });
  expect(status).toBe(400);
  expect((body["problems"] as { path: string }[]).map(({ path }) => path)).toEqual([
    "token.name",
    "token.role",
    "token.expires",
  ]);
  expect(edge.tokens.list().map(({ name }) => name)).toEqual(["root"]);
});

test("a token with a scope sees runs, events and lists of its workflows only; others do not exist", async () => {
  const headers = await made({ name: "shop", role: "operator", workflows: ["shop-*"] });
  const about = async (name: string, type: string) =>
    edge.append({
      source: `/workflows/${name}`,
      type,
      tags: ["workflows", `workflows:${name}`],
      value: 1,
      timestamp: "2026-01-01T00:00:00.000Z",
    });
  const [own, other] = [await about("shop-a", "mine"), await about("bank", "theirs")];
  expect((await ask("GET", "/workflows", { headers })).body).toMatchObject([{ name: "shop-a" }]);
  expect((await ask("GET", "/workflows/bank", { headers })).status).toBe(403);
  expect((await ask("GET", "/events", { headers })).status).toBe(403);
  expect((await ask("GET", "/events?workflow=bank", { headers })).status).toBe(403);
  expect((await ask("POST", "/events/get", { headers, body: { tags: ["workflows"] } })).status).toBe(403);
  expect((await ask("POST", "/events/get", { headers, body: { workflow: "bank" } })).status).toBe(403);
  expect((await ask("GET", "/events?workflow=shop-a", { headers })).body).toMatchObject([{ id: own.id }]);
  expect((await ask("GET", `/events/${own.id}`, { headers })).status).toBe(200);
  expect((await ask("GET", `/events/${other.id}`, { headers })).status).toBe(404);
  expect((await ask("GET", "/events/stream?workflow=bank", { headers })).status).toBe(403);
  expect((await ask("GET", "/logs/stream?workflow=bank", { headers })).status).toBe(403);
  expect((await ask("GET", "/logs/stream?run=r-1", { headers })).status).toBe(403);
});

test("it sends no event about another workflow, alone or in a batch, and none that histories are made of", async () => {
  const headers = await made({ name: "shop", role: "emitter", workflows: ["shop-*"] });
  const post = (body: unknown) => ask("POST", "/events", { headers, body });
  const count = edge.stored.length;
  expect((await post({ tags: ["workflows:bank"] })).status).toBe(403);
  expect((await post([{ tags: ["a"] }, { tags: ["b", "workflows:bank"] }])).status).toBe(403);
  expect((await post({ tags: ["a"], type: "run" })).status).toBe(403);
  expect(edge.stored.slice(count).filter(({ type }) => type !== "refused")).toEqual([]);
  expect((await post([{ tags: ["a"] }, { tags: ["workflows:shop-a"] }])).status).toBe(201);
  expect((await ask("GET", "/events?workflow=shop-a", { headers })).status).toBe(403);
});

test("what another has stored under the same id or key is not shown to who may not read it", async () => {
  const viewer = await made({ name: "ops", role: "operator" });
  const emitter = await made({ name: "till", role: "emitter" });
  const cloud = { specversion: "1.0", id: "1", source: "/shop", type: "order", tags: "order" };
  const send = (headers: Record<string, string>, data: string) =>
    ask("POST", "/events", {
      headers: { ...headers, "content-type": "application/cloudevents+json" },
      body: { ...cloud, data },
    });
  const first = await send(viewer, "not for tills");
  const again = await send(emitter, "mine");
  expect(again).toMatchObject({ status: 201, body: { id: first.body["id"], value: "mine" } });
  expect((await send(viewer, "other")).body).toMatchObject({ value: "not for tills" });
  const keyed = (headers: Record<string, string>) =>
    ask("POST", "/events", { headers: { ...headers, "idempotency-key": "1" }, body: { tags: ["a"] } });
  expect((await keyed(emitter)).body["id"]).toBe((await keyed(emitter)).body["id"]);
  expect((await keyed(emitter)).body["id"]).not.toBe((await keyed(viewer)).body["id"]);
});

test.each(["revoked", "expired"])("a stream ends when its token is %s", { timeout: 30_000 }, async (how) => {
  const headers = await made({ name: "v", role: "viewer", ...(how === "expired" && { expires: "PT1S" }) });
  await edge.app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(edge.app.server.address() as AddressInfo).port}`;
  const response = await fetch(`${url}/api/v1/events/stream`, { headers });
  expect(response.status).toBe(200);
  if (how === "revoked") await edge.tokens.revoke("v", "local");
  await expect(response.text()).rejects.toThrow("terminated");
  expect((await fetch(`${url}/api/v1/events/stream`, { headers })).status).toBe(401);
});

test("what presents a token too often waits, others do not, and a quiet one may catch up for two seconds", () => {
  let ms = 0;
  const rates = createRates({ tokenPerSecond: 10, codePerSecond: 1 }, () => ms);
  const reply = { header: (name: string, value: string) => said.push(`${name}: ${value}`) };
  const said: string[] = [];
  const caller = (name: string): Identity => ({ kind: "person", name, role: "viewer", workflows: null });
  const code: Identity = { kind: "workflow", name: "shop-a", origin: null, grant: null };
  const goes = (identity: Identity): boolean => {
    try {
      rates.take(reply as never, identity);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status === 429 && error.call.reason === "rate") return false;
      throw error;
    }
  };
  const count = (identity: Identity, times: number): number =>
    Array.from({ length: times }, () => goes(identity)).filter(Boolean).length;
  expect([count(caller("token:a"), 100), count(caller("token:b"), 100), count(code, 100)]).toEqual([20, 20, 2]);
  expect(said.at(-1)).toBe("Retry-After: 1");
  expect(count(caller("local"), 1_000)).toBe(1_000);
  ms += 500;
  expect([count(caller("token:a"), 100), count(code, 100)]).toEqual([5, 0]);
  ms += 60_000;
  expect([count(caller("token:a"), 100), count(code, 100)]).toEqual([20, 2]);
});
