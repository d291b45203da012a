// Where secrets are files: in memory only, for the containers of one instance, and gone with them.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppImage, buildAppImage } from "./app-image.ts";
import { type TestEngine, openEngine } from "./engine.ts";
import { specOf } from "./instances.ts";

let engine: TestEngine;
let app: AppImage;
beforeAll(async () => {
  engine = await openEngine();
  app = await buildAppImage(engine.docker);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function inspected(instance: string) {
  const found = (await engine.containers()).filter(({ Names }) => Names.join().includes(instance));
  return Promise.all(found.map(({ Id }) => engine.docker.getContainer(Id).inspect()));
}

test("a script's agent has them in a tmpfs of its own, whose files belong to the group of user code", async () => {
  const spec = specOf({ secretFiles: true });
  await engine.runtime.start(spec);
  const [agent] = await inspected(spec.instance);
  expect(agent?.HostConfig.Tmpfs?.["/run/secrets"]).toMatch(/noexec,nosuid,nodev.*mode=2750,uid=0,gid=1000/);
  await engine.runtime.remove(spec.instance);
});

test("an image reads them in a volume in memory that its agent has, and the volume goes with the instance", async () => {
  const work = { kind: "image", image: app.tag, environment: { NAME: "x", VAMP_URL: "y" } } as const;
  const spec = specOf({ workflow: `web-${randomUUID().slice(0, 4)}`, work, secretFiles: true });
  await engine.runtime.start(spec);
  const both = await inspected(spec.instance);
  const mounts = both.map(
    ({ Mounts }) => Mounts.map(({ Type, Destination, RW, Name }) => ({ Type, Destination, RW, Name }))[0],
  );
  expect(mounts.map((mount) => [mount?.Type, mount?.Destination])).toEqual([
    ["volume", "/run/secrets"],
    ["volume", "/run/secrets"],
  ]);
  expect(new Set(mounts.map((mount) => mount?.RW))).toEqual(new Set([false, true]));
  const name = mounts[0]?.Name ?? "";
  expect(await engine.docker.getVolume(name).inspect()).toMatchObject({ Options: { type: "tmpfs", device: "tmpfs" } });
  await engine.runtime.remove(spec.instance);
  await expect(engine.docker.getVolume(name).inspect()).rejects.toThrow("no such volume");
});
