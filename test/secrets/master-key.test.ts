// The master key and its rotation: nothing is lost, whoever is killed when, and who has another key is told so.
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  masterKeyPath,
  newMasterKey,
  parseMasterKeys,
  readMasterKeyFile,
} from "../../controller/secrets/master-key.ts";
import type { OpenedSecrets } from "../../controller/secrets/open-secrets.ts";
import { plainly, startStore } from "./store.ts";

const needs = { keys: [{ secret: "github", key: "TOKEN" }], files: [] };
const value = "a value to be kept";

const put = (secrets: OpenedSecrets) => secrets.set("github", { TOKEN: value }, plainly);
const read = async (secrets: OpenedSecrets) => (await secrets.values(needs))["github"]?.["TOKEN"];
const lines = (home: string): string[] => readFileSync(masterKeyPath(home), "utf8").trim().split("\n");

test("the first start makes a key file that nobody else reads, and the next starts use it", async () => {
  await using store = await startStore();
  await put(await store.open());
  expect(statSync(masterKeyPath(store.home)).mode & 0o777).toBe(0o600);
  expect(Buffer.from(lines(store.home)[0] ?? "", "base64")).toHaveLength(32);
  expect(await read(await store.open())).toBe(value);
});

test("a rotation seals with a new key; the one before opens nothing in NATS any more", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  await put(secrets);
  const before = readFileSync(masterKeyPath(store.home), "utf8");
  const rotated = await secrets.rotateMasterKey("local");
  expect(rotated).toMatchObject({ kind: "rotated" });
  expect(await read(secrets)).toBe(value);
  expect(store.events.at(-1)).toMatchObject({ type: "master-key", value: { by: "local" } });

  // The file keeps the key before until a start has found what was sealed with the new one.
  expect(lines(store.home)).toHaveLength(2);
  expect(await read(await store.open())).toBe(value);
  expect(lines(store.home)).toHaveLength(1);
  expect(lines(store.home)[0]).not.toBe(before.trim());

  const old = await mkdtemp(join(tmpdir(), "drover-old-"));
  writeFileSync(masterKeyPath(old), before);
  const late = await store.open({ home: old });
  expect(late.vault).toMatchObject({ kind: "locked", reason: expect.stringContaining("copy master.key") });
  expect((await store.stored()).match(/"kind":"keyring"/g)).toHaveLength(1);
  await rm(old, { recursive: true });
});

test("a controller that is killed between the file and the bucket finishes the rotation at its next start", async () => {
  await using store = await startStore();
  await put(await store.open());
  const [old = ""] = lines(store.home);
  const next = newMasterKey();
  writeFileSync(masterKeyPath(store.home), `${next.bytes.toString("base64")}\n${old}\n`);
  const again = await store.open();
  expect(again.vault).toMatchObject({ kind: "open", masterKey: next.id });
  expect(await read(again)).toBe(value);
  expect(await read(await store.open())).toBe(value);
  expect(readMasterKeyFile(store.home).map(({ id }) => id)).toEqual([next.id]);
});

test("one that is killed behind the bucket, and a server that forgets the rotation, lose nothing either", async () => {
  await using store = await startStore();
  const secrets = await store.open();
  await put(secrets);
  const forgotten = (await store.stored()).split("\n").find((entry) => entry.includes('"keyring"')) ?? "";
  await secrets.rotateMasterKey("local");
  // As if the disk had never got the last write.
  await store.nc.request("$KV.secrets._keyring", forgotten);
  const again = await store.open();
  expect(again.vault.kind).toBe("open");
  expect(await read(again)).toBe(value);
});

test("another controller with another key says so, lists what there is, and changes nothing", async () => {
  await using store = await startStore();
  await put(await store.open());
  const other = await mkdtemp(join(tmpdir(), "drover-other-"));
  const second = await store.open({ home: other });
  expect(second.vault.kind).toBe("locked");
  expect(store.log.some((line) => line.includes("secrets are locked"))).toBe(true);
  expect(second.list().map(({ name }) => name)).toEqual(["github"]);
  await expect(read(second)).rejects.toThrow(/master key [0-9a-f]{8}/);
  await expect(put(second)).rejects.toThrow("copy master.key");
  expect(await second.rotateMasterKey("local")).toMatchObject({ kind: "refused" });
  expect(await read(await store.open())).toBe(value);
  await rm(other, { recursive: true });
});

test("who has lost the key deletes what it closed, rotates, and begins anew", async () => {
  await using store = await startStore();
  await put(await store.open());
  rmSync(masterKeyPath(store.home));
  const secrets = await store.open();
  expect(secrets.vault.kind).toBe("locked");
  await secrets.remove("github", null, plainly);
  expect(await secrets.rotateMasterKey("local")).toMatchObject({ kind: "rotated" });
  await put(secrets);
  expect(await read(await store.open())).toBe(value);
});

test("a key from the environment is rotated by giving the new one with the one before behind it", async () => {
  await using store = await startStore();
  const [old, next] = [newMasterKey(), newMasterKey()];
  await put(await store.open({ masterKeys: [old] }));
  expect(await (await store.open({ masterKeys: [old] })).rotateMasterKey("local")).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("NEW,OLD"),
  });
  expect(await read(await store.open({ masterKeys: [next, old] }))).toBe(value);
  expect(await read(await store.open({ masterKeys: [next] }))).toBe(value);
  expect((await store.open({ masterKeys: [old] })).vault.kind).toBe("locked");
});

test.each(["", "abc", "a".repeat(44), "0".repeat(63), `${"A".repeat(43)}=,short`])("%j is no master key", (text) => {
  expect(parseMasterKeys(text)).toEqual({ wrong: expect.stringContaining("32 bytes in base64 or hex") });
});
