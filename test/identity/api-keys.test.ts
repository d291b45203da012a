// API keys: their values are shown once, stored as hashes, and seen by every controller.
import { jetstream } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Bucket, openBucket } from "../../controller/artifacts/bucket.ts";
import type { EventToAppend } from "../../controller/events/append.ts";
import { type ApiKeys, type KeyEntry, createApiKeys, keyName } from "../../controller/identity/api-keys.ts";
import { type TestNats, startNats } from "../nats.ts";

const now = () => new Date("2026-01-01T00:00:00.000Z");
const mine = { by: "local", replace: false };

let nats: TestNats;
let nc: Awaited<ReturnType<typeof connect>>;
let kv: KV;
let bucket: Bucket<KeyEntry>;
let keys: ApiKeys;
let events: EventToAppend[];

beforeEach(async () => {
  nats = await startNats();
  nc = await connect({ servers: nats.url });
  kv = await new Kvm(jetstream(nc)).create("keys", { history: 64 });
  bucket = await openBucket<KeyEntry>(kv, () => {});
  events = [];
  keys = createApiKeys(bucket, append, now);
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

async function made(name: string): Promise<string> {
  const created = await keys.create(name, mine);
  if (created.kind !== "created") throw new Error(`not created: ${created.kind}`);
  return created.value;
}

test("a value has 32 random bytes, names its key, and is found nowhere in the bucket or the events", async () => {
  const value = await made("github");
  expect(value).toMatch(/^drover_[\w-]{43}$/);
  expect(await made("other")).not.toBe(value);
  expect(keys.nameOf(value)).toBe("github");
  expect(keys.nameOf(`${value}x`)).toBeNull();
  expect(keys.nameOf("")).toBeNull();
  const stored: string[] = [];
  for await (const key of await kv.keys()) stored.push((await kv.get(key))?.string() ?? "");
  expect(stored).toHaveLength(2);
  expect([...stored, JSON.stringify(events)].join("\n")).not.toContain(value.slice("drover_".length));
});

test("making a key that exists changes nothing; with replace the old value is worth nothing from then on", async () => {
  const first = await made("github");
  expect(await keys.create("github", mine)).toEqual({ kind: "exists" });
  expect(keys.nameOf(first)).toBe("github");
  const second = await keys.create("github", { by: "local", replace: true });
  expect(keys.nameOf(first)).toBeNull();
  expect(second.kind === "created" && keys.nameOf(second.value)).toBe("github");
});

test("a deleted key opens nothing and can be made anew; deleting what is not there says so", async () => {
  const value = await made("github");
  expect(await keys.remove("github", "local")).toBe(true);
  expect(await keys.remove("github", "local")).toBe(false);
  expect(keys.nameOf(value)).toBeNull();
  expect(keys.has("github")).toBe(false);
  expect(keys.list()).toEqual([]);
  expect(keys.nameOf(await made("github"))).toBe("github");
});

test("every change is an event with what was done by whom", async () => {
  await made("github");
  await keys.create("github", { by: "somebody", replace: true });
  await keys.remove("github", "local");
  expect(events.map(({ type, tags, value }) => ({ type, tags, value }))).toEqual(
    [
      ["created", "local"],
      ["replaced", "somebody"],
      ["deleted", "local"],
    ].map(([action, by]) => ({
      type: "key",
      tags: ["keys:github", `key:${action}`, "keys", "key"],
      value: { name: "github", action, by },
    })),
  );
  expect(new Set(events.map((event) => event.id)).size).toBe(3);
});

test("another controller's keys are seen, and of two that make one name only one does", async () => {
  const elsewhere = await openBucket<KeyEntry>(kv, () => {});
  const others = createApiKeys(elsewhere, append, now);
  const seen = new Promise<void>((resolve) => bucket.onChange(() => resolve()));
  const created = await others.create("theirs", mine);
  await seen;
  expect(created.kind === "created" && keys.nameOf(created.value)).toBe("theirs");
  const both = await Promise.all([keys.create("both", mine), others.create("both", mine)]);
  expect(both.map(({ kind }) => kind).toSorted()).toEqual(["created", "exists"]);
  elsewhere.stop();
});

test("names with dots at their ends are stored like any other, and listed in order", async () => {
  await made("b.");
  await made(".a");
  expect(keys.list()).toEqual([
    { name: ".a", createdAt: "2026-01-01T00:00:00.000Z", by: "local" },
    { name: "b.", createdAt: "2026-01-01T00:00:00.000Z", by: "local" },
  ]);
});

test.each(["", "a b", "x".repeat(129), 7])("the name %j is refused with what to write", (name) => {
  expect(keyName(name, "key.name")).toMatchObject({ ok: false, problems: [{ path: "key.name" }] });
});
