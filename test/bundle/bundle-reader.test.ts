// A bundle is taken apart as a whole or not at all.
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BundleRefused } from "../../controller/bundle/bundle-problem.ts";
import { readBundle } from "../../controller/bundle/bundle-reader.ts";
import { makeBundle, writeBundle } from "../../controller/bundle/bundle-writer.ts";
import type { BundledDocument } from "../../controller/bundle/contents.ts";

const documents: BundledDocument[] = [
  { document: { kind: "breed", name: "hello", deployable: { type: "application/javascript" } }, packages: null },
];
const blockBytes = 512;
let folder: string;
let whole: Buffer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-bundle-"));
  const made = await makeBundle(documents, folder, {
    version: "1.2.3",
    machine: "linux-x64",
    archiveOf: () => Promise.reject(new Error("no packages here")),
    images: null,
    now: () => new Date("2026-01-01T00:00:00Z"),
  });
  await pipeline(writeBundle(made), createWriteStream(join(folder, "bundle.tar")));
  whole = await readFile(join(folder, "bundle.tar"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What reading these bytes is refused with. */
async function refusal(bytes: Buffer): Promise<string> {
  await writeFile(join(folder, "bundle.tar"), bytes);
  const error: unknown = await readBundle(join(folder, "bundle.tar"), folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BundleRefused);
  expect((error as BundleRefused).problems).toHaveLength(1);
  return String(error);
}

function changed(text: string, to: string): Buffer {
  const bytes = Buffer.from(whole);
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at);
  return bytes;
}

test("what was written is read", async () => {
  const { manifest, files } = await readBundle(join(folder, "bundle.tar"), folder);
  expect(manifest).toMatchObject({ format: 1, version: "1.2.3", breeds: ["hello"], workflows: [], images: [] });
  expect(JSON.parse(await readFile(files.get("documents.json") ?? "", "utf8"))).toEqual(documents);
});

test("a bundle that breaks off anywhere is refused", async () => {
  const parts = whole.length - 2 * blockBytes;
  for (let bytes = 0; bytes < parts; bytes += 250) expect(await refusal(whole.subarray(0, bytes))).not.toBe("");
});

test.for([
  ["other contents", () => changed('"kind":"breed"', '"kind":"bread"'), "documents.json"],
  ["another format", () => changed('"format": 1', '"format": 9'), "format 9"],
  ["another name of a part", () => changed('"name": "documents.json"', '"name": "../../../../.."'), "fields missing"],
  ["no manifest", () => whole.subarray(blockBytes * 2), "bundle"],
  ["nothing in it", () => Buffer.alloc(0), "nothing in it"],
  ["noise in it", () => Buffer.alloc(4_096, "noise"), "no tar"],
] as const)("one with %s is refused", async ([, make, said]) => {
  expect(await refusal(make())).toContain(said);
});

test("what comes behind the parts of the manifest is refused", async () => {
  const parts = whole.subarray(0, -2 * blockBytes);
  const documentsEntry = parts.subarray(parts.indexOf("documents.json\0"));
  expect(await refusal(Buffer.concat([parts, documentsEntry, Buffer.alloc(2 * blockBytes)]))).toContain(
    "documents.json",
  );
});
