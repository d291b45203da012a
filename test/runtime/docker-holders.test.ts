// The container that keeps a workflow's network namespace.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestEngine, openEngine } from "./engine.ts";
import { instanceNamed, specOf, untilExited } from "./instances.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function networkModeOf(instance: string): Promise<string | undefined> {
  const container = engine.docker.getContainer(`drover-${engine.installation}-${instance}`);
  return (await container.inspect()).HostConfig.NetworkMode;
}

test("two instances of one workflow, started at once by two controllers, share one holder; another workflow has its own", async () => {
  const { runtime } = engine;
  const [first, second] = [specOf({ workflow: "shared" }), specOf({ workflow: "shared" })];
  const other = specOf({ workflow: "other" });
  await Promise.all([runtime.start(first), engine.another().start(second), runtime.start(other)]);
  const modes = await Promise.all([first, second, other].map(({ instance }) => networkModeOf(instance)));
  expect(modes[0]).toMatch(/^container:/);
  expect(modes[1]).toBe(modes[0]);
  expect(modes[2]).not.toBe(modes[0]);
  expect((await runtime.list()).holders.toSorted()).toEqual(["other", "shared"]);
  await Promise.all([first, second, other].map(({ instance }) => runtime.remove(instance)));
});

test("a holder is kept until it is released", async () => {
  const { runtime } = engine;
  const spec = specOf({ workflow: "kept" });
  await runtime.start(spec);
  await runtime.remove(spec.instance);
  expect((await runtime.list()).holders).toContain("kept");
  await runtime.release("kept");
  await runtime.release("kept");
  expect((await runtime.list()).holders).not.toContain("kept");
});

test("an instance whose holder was killed counts as exited, and the next start makes a new holder", async () => {
  const { runtime, docker, installation } = engine;
  const [lost, next] = [specOf({ workflow: "killed" }), specOf({ workflow: "killed" })];
  await runtime.start(lost);
  const exited = untilExited(runtime, lost.instance);
  await docker.getContainer(`drover-${installation}-killed.holder`).kill();
  expect((await exited)?.state).toMatchObject({ kind: "exited", exitCode: -1, reason: "its network holder ended" });
  await runtime.start(next);
  expect((await instanceNamed(runtime, next.instance))?.state.kind).toBe("running");
  expect((await instanceNamed(runtime, lost.instance))?.state.kind).toBe("exited");
  await Promise.all([lost, next].map(({ instance }) => runtime.remove(instance)));
});

test("a holder that a dead controller created and never started is started", async () => {
  const { runtime, docker, installation } = engine;
  const spec = specOf({ workflow: "unstarted" });
  await runtime.start(spec);
  const name = `drover-${installation}-unstarted.holder`;
  const { Config, HostConfig } = await docker.getContainer(name).inspect();
  await runtime.remove(spec.instance);
  await runtime.release("unstarted");
  const { Image, Labels, Entrypoint } = Config;
  const holder = await docker.createContainer({ name, Image, Labels, Entrypoint: Entrypoint ?? [], HostConfig });
  await runtime.start(spec);
  expect(await networkModeOf(spec.instance)).toBe(`container:${holder.id}`);
  await runtime.remove(spec.instance);
});
