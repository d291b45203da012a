// Tokens: shown once, stored as hashes, seen and revoked by every controller, and good for as long as they say.
import { jetstream } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Bucket, openBucket } from "../../controller/artifacts/bucket.ts";
import type { EventToAppend } from "../../controller/events/append.ts";
import { openAuth } from "../../controller/identity/auth.ts";
import { type TokenEntry, type Tokens, createTokens } from "../../controller/identity/tokens.ts";
import { tokenRequest } from "../../model/token.ts";
import { problemsOf } from "../model/parsed.ts";
import { type TestNats, startNats } from "../nats.ts";

let nats: TestNats;
let nc: Awaited<ReturnType<typeof connect>>;
let kv: KV;
let bucket: Bucket<TokenEntry>;
let tokens: Tokens;
let events: EventToAppend[];
let time: Date;

beforeEach(async () => {
  nats = await startNats();
  nc = await connect({ servers: nats.url });
  kv = await new Kvm(jetstream(nc)).create("tokens", { history: 1 });
  bucket = await openBucket<TokenEntry>(kv, () => {});
  events = [];
  time = new Date("2026-01-01T00:00:00.000Z");
  tokens = createTokens(bucket, append, () => time);
});
afterEach(async () => {
  bucket.stop();
  await nc.close();
  await nats[Symbol.asyncDispose]();
});

function append(event: EventToAppend) {
  events.push(event);
  return Promise.resolve({ id: "", ...event });
}

async function made(name: string, rest: { expires?: string; workflows?: string[] } = {}): Promise<string> {
  const created = await tokens.create({ name, role: "operator", ...rest }, "local");
  if (created.kind !== "created") throw new Error(`not created: ${created.kind}`);
  return created.value;
}

async function storedText(): Promise<string> {
  const texts: string[] = [];
  for await (const key of await kv.keys()) texts.push((await kv.get(key))?.string() ?? "");
  return texts.join("\n");
}

test("a value has 32 random bytes, and is found nowhere in the bucket or the events", async () => {
  const value = await made("ci", { workflows: ["shop-*"] });
  expect(value).toMatch(/^drover_token_[\w-]{43}$/);
  expect(await made("other")).not.toBe(value);
  expect(await storedText()).not.toContain(value);
  expect(JSON.stringify(events)).not.toContain(value);
  expect(events[0]).toMatchObject({
    type: "token",
    tags: expect.arrayContaining(["tokens:ci", "token:created"]),
    value: { name: "ci", action: "created", role: "operator", workflows: ["shop-*"], expiresAt: null, by: "local" },
  });
});

test("a value is found with what its token may; another one, or one that is almost the same, is not", async () => {
  const value = await made("ci", { workflows: ["shop-*"] });
  expect(tokens.find(value)).toMatchObject({
    kind: "known",
    token: { name: "ci", role: "operator", workflows: ["shop-*"] },
  });
  for (const guess of ["", "drover_token_", `${value}x`, value.slice(0, -1), value.toLowerCase()])
    expect(tokens.find(guess)).toEqual({ kind: "unknown" });
});

test("a name is given once; of a revoked one it is free again, and the old value stays worth nothing", async () => {
  const value = await made("ci");
  expect(await tokens.create({ name: "ci", role: "admin" }, "local")).toEqual({ kind: "exists" });
  expect(await tokens.revoke("ci", "ann")).toBe(true);
  expect(await tokens.revoke("ci", "ann")).toBe(false);
  expect([tokens.find(value).kind, tokens.list(), tokens.isGood("ci")]).toEqual(["unknown", [], false]);
  const next = await made("ci");
  expect([tokens.find(value).kind, tokens.find(next).kind]).toEqual(["unknown", "known"]);
  expect(events.map(({ value: said }) => (said as { action: string }).action)).toEqual([
    "created",
    "revoked",
    "created",
  ]);
});

test("a token is good until it expires, and then it is known to have been", async () => {
  const value = await made("short", { expires: "PT1H" });
  expect(tokens.find(value).kind).toBe("known");
  time = new Date("2026-01-01T01:00:00.000Z");
  expect(tokens.find(value)).toMatchObject({ kind: "expired", token: { expiresAt: "2026-01-01T01:00:00.000Z" } });
  expect(tokens.isGood("short")).toBe(false);
  expect(await tokens.create({ name: "past", role: "viewer", expires: "2025-01-01T00:00:00Z" }, "local")).toMatchObject(
    {
      kind: "over",
    },
  );
});

test("its last use is stored at most once a minute, and never brings a revoked token back", async () => {
  const value = await made("ci");
  const written = vi.spyOn(kv, "put");
  for (let n = 0; n < 500; n += 1) tokens.find(value);
  await vi.waitFor(() => expect(tokens.list()[0]?.lastUsedAt).toBe("2026-01-01T00:00:00.000Z"));
  expect(written).toHaveBeenCalledTimes(1);
  time = new Date("2026-01-01T00:01:00.000Z");
  tokens.find(value);
  await vi.waitFor(() => expect(tokens.list()[0]?.lastUsedAt).toBe("2026-01-01T00:01:00.000Z"));
  time = new Date("2026-01-01T00:02:00.000Z");
  tokens.find(value);
  await tokens.revoke("ci", "local");
  expect(tokens.find(value).kind).toBe("unknown");
  expect(await storedText()).toContain('"hash":null');
});

test("another controller knows a token at once when it has been told, and hears of its end", async () => {
  const other = await openBucket<TokenEntry>(kv, () => {});
  const elsewhere = createTokens(other, append, () => time);
  const revoked: string[] = [];
  elsewhere.onRevoked((name) => revoked.push(name));
  const value = await made("ci");
  await vi.waitFor(() => expect(elsewhere.find(value).kind).toBe("known"));
  await tokens.revoke("ci", "local");
  await vi.waitFor(() => expect(revoked).toEqual(["ci"]));
  expect(elsewhere.find(value).kind).toBe("unknown");
  other.stop();
});

test.each([
  ["on loopback nobody needs a token", { host: "127.0.0.1", auth: null, adminToken: null }, "open"],
  ["::1 and localhost are loopback", { host: "::1", auth: null, adminToken: null }, "open"],
  ["an own admin token is enough elsewhere", { host: "0.0.0.0", auth: null, adminToken: "a".repeat(32) }, "tokens"],
  ["tokens can be asked for on loopback", { host: "127.0.0.1", auth: "tokens", adminToken: "a".repeat(32) }, "tokens"],
] as const)("%s", (_, options, mode) => {
  expect(openAuth(options, tokens).mode).toBe(mode);
});

test("a controller does not open its door to other machines before there is a token, and says how to make one", async () => {
  const elsewhere = { host: "0.0.0.0", auth: null, adminToken: null };
  expect(() => openAuth(elsewhere, tokens)).toThrow(
    /DROVER_HOST=0\.0\.0\.0 .*DROVER_ADMIN_TOKEN.*drover token create/s,
  );
  expect(() => openAuth({ ...elsewhere, host: "127.0.0.1", auth: "tokens" }, tokens)).toThrow(/DROVER_AUTH=tokens/);
  const value = await made("first", { expires: "PT1H" });
  expect(openAuth(elsewhere, tokens).isAdminToken(value)).toBe(false);
  time = new Date("2026-01-02T00:00:00.000Z");
  expect(() => openAuth(elsewhere, tokens)).toThrow(/none yet/);
});

test.each([
  [{ name: "a b", role: "viewer" }, /token\.name/],
  [{ name: "a" }, /token\.role: .*add "role:"/],
  [{ name: "a", role: "root" }, /token\.role: .*"admin", "operator", "viewer" or "emitter"/],
  [{ name: "a", role: "admin", workflows: ["shop-*"] }, /token\.workflows: expected no workflows for an admin/],
  [{ name: "a", role: "viewer", workflows: ["/etc"] }, /token\.workflows\[0\]/],
  [{ name: "a", role: "viewer", expires: "30d" }, /token\.expires: .*"P30D"|token\.expires: .*instant/],
  [{ name: "a", role: "viewer", expires: "P1M" }, /token\.expires: .*weeks, days/],
])("%j is refused with what to write instead", (raw, says) => {
  expect(problemsOf(tokenRequest(raw, "token")).join("\n")).toMatch(says);
});
