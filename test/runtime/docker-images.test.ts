// Workflows that bring their own image: a container beside the agent's, in the agent's network namespace.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InstanceSpec, LogChunk } from "../../controller/runtime/runtime.ts";
import { type AppImage, buildAppImage } from "./app-image.ts";
import { type TestEngine, openEngine } from "./engine.ts";
import { instanceNamed, megabyte, specOf, untilExited, untilInstance } from "./instances.ts";

const never = new AbortController().signal;
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

function imageSpec(environment: Readonly<Record<string, string>> = {}, image = app.tag): InstanceSpec {
  return specOf({ work: { kind: "image", image, environment: { VAMP_URL: "http://127.0.0.1:1", ...environment } } });
}

test("an image runs in the network namespace of its agent, limited from the start, and is one instance", async () => {
  const { runtime, docker, installation } = engine;
  const spec = imageSpec({ NAME: "world" });
  await runtime.start(spec);
  expect((await instanceNamed(runtime, spec.instance))?.state.kind).toBe("running");
  const agent = await docker.getContainer(`drover-${installation}-${spec.instance}`).inspect();
  const beside = await docker.getContainer(`drover-${installation}-${spec.instance}.app`).inspect();
  expect(beside.HostConfig).toMatchObject({
    NetworkMode: `container:${agent.Id}`,
    CpuQuota: 50_000,
    Memory: 96 * megabyte,
    PidsLimit: 256,
    SecurityOpt: ["no-new-privileges"],
  });
  await runtime.limit(spec.instance, 0.75);
  const [agentNow, appNow] = await Promise.all([agent, beside].map(({ Id }) => docker.getContainer(Id).inspect()));
  expect([agentNow?.HostConfig.CpuQuota, appNow?.HostConfig.CpuQuota]).toEqual([0, 75_000]);
  await runtime.remove(spec.instance);
  expect((await engine.containers()).filter(({ Names }) => Names.join().includes(spec.instance))).toEqual([]);
});

test("the output of an image is followed to its end, stream by stream", async () => {
  const { runtime } = engine;
  const since = new Date().toISOString();
  const spec = imageSpec({ NAME: "tail" });
  await runtime.start(spec);
  const chunks: LogChunk[] = [];
  for await (const chunk of runtime.output(spec.instance, since, never)) {
    chunks.push(chunk);
    if (chunks.length === 2) await runtime.stop(spec.instance, 10_000);
  }
  expect(chunks.map(({ stream, text }) => `${stream} ${text}`).toSorted()).toEqual([
    "stderr at http://127.0.0.1:1\n",
    "stdout bye\n",
    "stdout hello tail\n",
  ]);
  expect(chunks.every(({ at }) => Date.parse(at) >= Date.parse(since))).toBe(true);
  await runtime.remove(spec.instance);
});

test("following ends when its signal fires, and at once where there is no image", async () => {
  const { runtime } = engine;
  const spec = imageSpec({ NAME: "signal" });
  await runtime.start(spec);
  const stop = new AbortController();
  for await (const _ of runtime.output(spec.instance, new Date(0).toISOString(), stop.signal)) {
    stop.abort();
  }
  await runtime.remove(spec.instance);
  for await (const chunk of runtime.output("nobody-0", new Date().toISOString(), never)) expect(chunk).toBeUndefined();
});

test("an image that ends gives the instance its exit code and its last lines", async () => {
  const { runtime } = engine;
  const spec = imageSpec({ NAME: "end", EXIT: "5" });
  await runtime.start(spec);
  const ended = await untilExited(runtime, spec.instance);
  expect(ended?.state).toMatchObject({ kind: "exited", exitCode: 5, reason: "exited with code 5" });
  expect(await runtime.lastLines(spec.instance, 9)).toContain("hello end");
  await runtime.remove(spec.instance);
});

test("an image whose agent was killed counts as exited, and one whose container was taken away too", async () => {
  const { runtime, docker, installation } = engine;
  const spec = imageSpec();
  await runtime.start(spec);
  await docker.getContainer(`drover-${installation}-${spec.instance}`).kill();
  const ended = await untilExited(runtime, spec.instance);
  expect(ended?.state).toMatchObject({ exitCode: 137, reason: "its agent ended: exited with code 137" });
  await runtime.start(spec);
  expect((await instanceNamed(runtime, spec.instance))?.state.kind).toBe("running");
  await docker.getContainer(`drover-${installation}-${spec.instance}.app`).remove({ force: true });
  const robbed = await untilInstance(runtime, spec.instance, (instance) => instance?.state.kind === "exited");
  expect(robbed?.state).toMatchObject({ reason: "its image's container is gone" });
  await runtime.remove(spec.instance);
});

test("an image that cannot be pulled is refused with the engine's reason, and leaves nothing", async () => {
  const { runtime } = engine;
  const spec = imageSpec({}, "drover-test.invalid/none:1");
  await expect(runtime.start(spec)).rejects.toMatchObject({
    code: "image-unavailable",
    message: /^the image drover-test\.invalid\/none:1 cannot be had: .+/,
  });
  expect(await instanceNamed(runtime, spec.instance)).toBeUndefined();
});

test("a reference that is no image name is refused as one", async () => {
  await expect(engine.runtime.start(imageSpec({}, "Not An Image"))).rejects.toMatchObject({
    code: "image-unavailable",
  });
});
