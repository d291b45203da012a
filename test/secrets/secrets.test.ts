// What is stored of secrets, and what is not.
import { expect, test } from "vitest";
import { ConditionFailed } from "../../controller/artifacts/condition.ts";
import { plainly, startStore } from "./store.ts";

const token = "a-token-that-nobody-may-read";

test("values are stored encrypted, each with its version; what is set already is no change", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  expect(await secrets.set("github", { TOKEN: token, USER: "somebody" }, plainly)).toMatchObject({
    action: "created",
    version: 1,
    set: ["TOKEN", "USER"],
  });
  expect(await secrets.set("github", { TOKEN: token }, plainly)).toMatchObject({ action: "unchanged", version: 1 });
  expect(await secrets.set("github", { TOKEN: `${token}2` }, plainly)).toMatchObject({ action: "changed", version: 2 });
  const { values = {} } = secrets.get("github") ?? {};
  expect(values["USER"]?.version).toBe(1);
  expect(values["TOKEN"]?.version).toBe(2);
  const stored = await store.stored();
  for (const form of [token, Buffer.from(token).toString("base64").slice(0, 30)]) expect(stored).not.toContain(form);
  expect(store.events.map(({ value }) => value)).toEqual([
    { name: "github", action: "created", version: 1, set: ["TOKEN", "USER"], removed: [], by: "local" },
    { name: "github", action: "changed", version: 2, set: ["TOKEN"], removed: [], by: "local" },
  ]);
});

test("only what is needed is opened", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  await secrets.set("a", { ONE: "first value", TWO: "second value" }, plainly);
  await secrets.set("b", { ONE: "third value" }, plainly);
  await secrets.set("c", { ONE: "fourth value" }, plainly);
  const found = await secrets.values({ keys: [{ secret: "a", key: "TWO" }], files: ["b"] });
  expect(found).toEqual({ a: { TWO: "second value" }, b: { ONE: "third value" } });
});

test("a value moved to another key, or changed in the store, does not open; it can be set again", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  await secrets.set("a", { ONE: "first value", TWO: "second value" }, plainly);
  const entry = secrets.get("a");
  if (!entry) throw new Error("it was set");
  const swapped = { ...entry, revision: 2, values: { ONE: entry.values["TWO"], TWO: entry.values["ONE"] } };
  await store.nc.request("$KV.secrets.a", JSON.stringify(swapped));
  const need = { keys: [{ secret: "a", key: "ONE" }], files: [] };
  await expect(secrets.values(need)).rejects.toThrow("a/ONE does not open");
  await secrets.set("a", { ONE: "first value" }, plainly);
  expect(await secrets.values(need)).toEqual({ a: { ONE: "first value" } });
});

test("what is deleted is gone from the bucket, with all earlier versions, and its number goes on", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  await secrets.set("a", { ONE: "first value" }, plainly);
  await secrets.set("a", { TWO: "second value" }, plainly);
  expect(await secrets.remove("a", ["TWO"], plainly)).toMatchObject({ action: "changed", removed: ["TWO"] });
  expect((await store.stored()).match(/"kind":"secret"/g)).toHaveLength(1);
  expect(await secrets.remove("a", null, plainly)).toMatchObject({ action: "deleted", version: 4 });
  expect((await store.stored()).match(/"values":\{/g)).toBeNull();
  expect(await secrets.remove("a", null, plainly)).toMatchObject({ action: "unchanged" });
  expect(await secrets.set("a", { ONE: "third value" }, plainly)).toMatchObject({ action: "created", version: 5 });
});

test("of two writers with one version, one is told", async () => {
  await using store = await startStore();
  const [one, other] = [await store.open(), await store.open()];
  await one.set("a", { ONE: "first value" }, plainly);
  const condition = { match: [1], absent: false };
  await one.set("a", { ONE: "second value" }, { ...plainly, condition });
  await expect(other.set("a", { ONE: "third value" }, { ...plainly, condition })).rejects.toThrow(ConditionFailed);
});

test("two writers without a condition lose nothing of each other", async () => {
  await using store = await startStore();
  const [one, other] = [await store.open(), await store.open()];
  await Promise.all([one.set("a", { ONE: "first value" }, plainly), other.set("a", { TWO: "second value" }, plainly)]);
  const found = await one.values({ keys: [], files: ["a"] });
  expect(found).toEqual({ a: { ONE: "first value", TWO: "second value" } });
});

test("a key may be called as something that every object has", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  const values = Object.fromEntries(["constructor", "__proto__", "toString"].map((key) => [key, "some value"]));
  expect(await secrets.set("a", values, plainly)).toMatchObject({ set: ["constructor", "__proto__", "toString"] });
  expect((await secrets.values({ keys: [{ secret: "a", key: "__proto__" }], files: [] }))["a"]).toEqual(
    Object.fromEntries([["__proto__", "some value"]]),
  );
  expect(await secrets.remove("a", ["constructor"], plainly)).toMatchObject({ removed: ["constructor"] });
});

test("a secret that grows by pieces has its limit, too", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  for (const key of ["A", "B", "C", "D"]) await secrets.set("a", { [key]: "x".repeat(65_536) }, plainly);
  await expect(secrets.set("a", { E: "x" }, plainly)).rejects.toThrow("at most 262144 bytes");
});

test("a secret has 64 keys at most", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  const many = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`K${from + n}`, "some value"]));
  await secrets.set("a", many(0, 64), plainly);
  await expect(secrets.set("a", many(64, 1), plainly)).rejects.toThrow("at most 64 keys");
});
