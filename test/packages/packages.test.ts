// npm packages with the machine's own npm, from a registry that the test runs itself.
import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type LockedPackages, PackagesRefused, lockTextOf, packagesIn } from "../../controller/packages/lock.ts";
import { type Packages, openPackages } from "../../controller/packages/packages.ts";
import { type Registry, startRegistry } from "./registry.ts";

let registry: Registry;
let home: string;
let packages: Packages;
const nowhere = "http://127.0.0.1:9";

beforeAll(async () => {
  registry = await startRegistry();
  await registry.publish({ name: "inner", version: "1.0.0", files: { "index.js": "module.exports = 'inner 1.0.0';" } });
  await registry.publish({
    name: "outer",
    version: "1.2.0",
    files: { "index.js": "module.exports = 'outer with ' + require('inner');" },
    manifest: { dependencies: { inner: "^1.0.0" }, devDependencies: { "not-there": "1" } },
  });
});
afterAll(() => registry[Symbol.asyncDispose]());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "drover-packages-"));
  packages = await opened(registry.url);
});
afterEach(async () => {
  packages.stop();
  await rm(home, { recursive: true, force: true });
});

function opened(url: string): Promise<Packages> {
  const npmEnvironment = { PATH: process.env["PATH"] ?? "", HOME: home, npm_config_registry: url };
  return openPackages({ home, runtime: "process", npmEnvironment }, () => {});
}

/** Names of what is kept, without what is under way. */
const kept = async () => (await readdir(join(home, "npm"))).filter((name) => name !== "work");

async function filesIn(path: string): Promise<string[]> {
  const entries = extract();
  createReadStream(path).pipe(createGunzip()).pipe(entries);
  const names: string[] = [];
  for await (const entry of entries) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}

test("ranges come to the newest versions that fit, down to the last dependency, without those for development", async () => {
  const locked = await packages.lock({ outer: "^1.0.0" });
  expect(packagesIn(locked)).toEqual([
    { path: "inner", version: "1.0.0", integrity: expect.stringMatching(/^sha512-/) },
    { path: "outer", version: "1.2.0", integrity: expect.stringMatching(/^sha512-/) },
  ]);
  expect(lockTextOf(locked)).not.toContain(registry.url);
  expect(await filesIn(await packages.archive(locked))).toEqual([
    "node_modules",
    "node_modules/inner/index.js",
    "node_modules/inner/package.json",
    "node_modules/outer/index.js",
    "node_modules/outer/package.json",
  ]);
  expect((await stat(await packages.archive(locked))).mode & 0o077).toBe(0);
  expect(await readdir(join(home, "npm", "work"))).toEqual([]);
});

test("no install script is run", async () => {
  const mark = join(home, "mark");
  const touch = `node -e "require('fs').writeFileSync('${mark}', '')"`;
  const scripts = { preinstall: touch, install: touch, postinstall: touch, prepare: touch };
  await registry.publish({ name: "scripted", version: "1.0.0", files: { "index.js": "" }, manifest: { scripts } });
  await packages.archive(await packages.lock({ scripted: "1" }));
  expect(existsSync(mark)).toBe(false);
});

test.for(["git+ssh://git@127.0.0.1:9/a/b.git", "http://127.0.0.1:9/a.tgz", "file:../a"])(
  "a package that depends on %s is refused",
  async (address) => {
    const name = `leads-away-${address.length}`;
    const manifest = { dependencies: { elsewhere: address } };
    await registry.publish({ name, version: "1.0.0", files: { "index.js": "" }, manifest });
    const refused = await packages.lock({ [name]: "1" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PackagesRefused);
    expect(String(refused)).toContain("depends on an address instead of a version");
    expect(await kept()).toEqual([]);
  },
);

test("a package or version that the registry does not have is said, and nothing is kept", async () => {
  await expect(packages.lock({ "not-there": "1" })).rejects.toThrow(/'not-there@1'/);
  await expect(packages.lock({ outer: "^7" })).rejects.toThrow("No matching version found for outer@^7");
  expect(await kept()).toEqual([]);
  expect(await readdir(join(home, "npm", "work"))).toEqual([]);
});

test("without the registry nothing new is locked, and what was installed is there", async () => {
  const locked = await packages.lock({ outer: "1" });
  packages.stop();
  packages = await opened(nowhere);
  await expect(packages.lock({ inner: "1" })).rejects.toThrow(
    /npm could not have the packages from its registry.*ECONNREFUSED/,
  );
  expect(await filesIn(await packages.archive(locked))).toContain("node_modules/outer/index.js");
});

test("an npm that is not on the PATH is asked for", async () => {
  const npmEnvironment = { PATH: "/nonexistent" };
  const without = await openPackages({ home, runtime: "process", npmEnvironment }, () => {});
  await expect(without.lock({ inner: "1" })).rejects.toThrow("the controller finds no npm on its PATH");
});

test("an archive that is gone is made again from the lock, with the versions of then", async () => {
  await registry.publish({ name: "grows", version: "1.0.0", files: { "index.js": "1" } });
  const locked = await packages.lock({ grows: "^1" });
  await registry.publish({ name: "grows", version: "1.1.0", files: { "index.js": "2", "new.js": "" } });
  await rm(await packages.archive(locked));
  expect(await filesIn(await packages.archive(locked))).not.toContain("node_modules/grows/new.js");
  expect((await packages.lock({ grows: "^1" })).id).not.toBe(locked.id);
});

test("a lock that was changed is not followed", async () => {
  const locked = await packages.lock({ inner: "1" });
  const another: LockedPackages = { ...locked, id: "0".repeat(16) };
  await expect(packages.archive(another)).rejects.toThrow("is another one");
});

test("two who ask for the same at once get the same, and one archive is kept", async () => {
  const [one, two] = await Promise.all([packages.lock({ outer: "1" }), packages.lock({ outer: "1" })]);
  expect(one).toEqual(two);
  expect(await kept()).toHaveLength(1);
});

test("what a killed controller left half done is gone after the next start", async () => {
  await mkdir(join(home, "npm", "work", "half", "node_modules"), { recursive: true });
  packages.stop();
  packages = await opened(registry.url);
  expect(await readdir(join(home, "npm", "work"))).toEqual([]);
});

test("what nothing needs goes after a month, and what is needed stays", async () => {
  const pathOf = (id: string): string => join(home, "npm", `${id}-linux-x64.tar.gz`);
  const twoMonthsAgo = new Date(Date.now() - 60 * 86_400_000);
  for (const id of ["old", "needed", "fresh"]) {
    await writeFile(pathOf(id), "");
    if (id !== "fresh") await utimes(pathOf(id), twoMonthsAgo, twoMonthsAgo);
  }
  await packages.sweep(new Set(["needed"]), Date.now());
  expect(await kept()).toEqual(["fresh-linux-x64.tar.gz", "needed-linux-x64.tar.gz"]);
});

test("packages that take too much room are refused by name of the limit", async () => {
  const files = Object.fromEntries(Array.from({ length: 20_001 }, (_, n) => [`f${n}.js`, ""]));
  await registry.publish({ name: "many", version: "1.0.0", files });
  await expect(packages.lock({ many: "1" })).rejects.toThrow("20000 files and 256 MiB are the most");
  expect(await kept()).toEqual([]);
});

test("stopping ends an installation that is under way", async () => {
  const asked = packages.lock({ outer: "1" });
  packages.stop();
  await expect(asked).rejects.toThrow("the controller is stopping");
});
