// What the engine has for breeds with npm packages, and images that are carried to another engine.
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeArchive } from "../../controller/packages/archive.ts";
import { treeOf } from "../../controller/packages/tree.ts";
import { createImageArchive } from "../../controller/runtime/image-archive.ts";
import { createNpmImages } from "../../controller/runtime/npm-images.ts";
import { StartError } from "../../controller/runtime/runtime.ts";
import { buildAppImage } from "./app-image.ts";
import { type TestEngine, openEngine } from "./engine.ts";

const hourMs = 3_600_000;
const packages = { id: "0123456789abcdef", lock: "" };
let engine: TestEngine;
let home: string;
let archive: string;
let agentImage: string;

beforeAll(async () => {
  engine = await openEngine();
  agentImage = engine.runtime.images?.agentImage ?? "";
  home = await mkdtemp(join(tmpdir(), "drover-npm-images-"));
  const modules = join(home, "node_modules");
  await mkdir(join(modules, "greet"), { recursive: true });
  await writeFile(join(modules, "greet/index.js"), "module.exports = 'hello';");
  archive = join(home, "archive.tar.gz");
  await writeArchive(archive, home, await treeOf(modules));
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const imagesOf = (archiveOf: () => Promise<string>) => {
  const { docker, installation } = engine;
  return createNpmImages(docker, { installation, agentImage, archiveOf, log: () => {} });
};
const tags = async () => {
  const label = [`drover.installation=${engine.installation}`, "drover.role=npm"];
  return (await engine.docker.listImages({ filters: { label } })).flatMap(({ RepoTags }) => RepoTags ?? []);
};

test("an image is made once, and goes when nothing has needed it for an hour", async () => {
  let asked = 0;
  const images = imagesOf(() => {
    asked += 1;
    return Promise.resolve(archive);
  });
  const [tag, same] = await Promise.all([images.ensure(packages), images.ensure(packages)]);
  expect([same, await images.ensure(packages), asked]).toEqual([tag, tag, 1]);
  expect(await tags()).toEqual([tag]);

  await images.tidy([], 0);
  await images.tidy([packages], 2 * hourMs);
  await images.tidy([], 3 * hourMs);
  expect(await tags()).toEqual([tag]);
  await images.tidy([], 4 * hourMs);
  expect(await tags()).toEqual([]);
});

test("without the packages there is no image, and the start says why", async () => {
  const images = imagesOf(() => Promise.reject(new Error("the registry is away")));
  const error: unknown = await images.ensure(packages).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toContain("the npm packages cannot be had: the registry is away");
});

test("an image that was saved is there again after it was loaded, with the same digest", async () => {
  await using app = await buildAppImage(engine.docker, "0");
  const images = createImageArchive(engine.docker, agentImage);
  const path = join(home, "images.tar");
  const digest = await images.digestOf(app.tag);
  await pipeline(await images.save([app.tag]), createWriteStream(path));
  await engine.docker.getImage(app.tag).remove({ force: true });
  expect(await images.digestOf(app.tag)).toBeNull();
  await images.load(path);
  expect(await images.digestOf(app.tag)).toBe(digest);
});

test("what is no archive of images is refused with the engine's reason", async () => {
  const images = createImageArchive(engine.docker, agentImage);
  const error: unknown = await images.load(archive).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "refused" });
});
