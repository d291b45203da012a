// The loop with daemons, and what holds for every kind of workflow.
import { expect, test } from "vitest";
import { createFakeRuntime } from "../../controller/runtime/fake.ts";
import { StartError } from "../../controller/runtime/runtime.ts";
import { entryOf } from "./entries.ts";
import { startLoop } from "./loop.ts";

const deployment = "aaaaaaaaaaaa";
const daemon = () => new Map([["hello", entryOf("hello", { schedule: "daemon" })]]);

test("what is wanted is started once, and what is not wanted any more goes, its network too", async () => {
  const wanted = daemon();
  await using loop = startLoop(wanted);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
  wanted.delete("hello");
  loop.look();
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:stopped", "unscheduled"]);
  expect(await loop.runtime.list()).toEqual({ instances: [], holders: [] });
});

test("an instance that ends is recorded, removed and replaced at once the first time", async () => {
  await using loop = startLoop(daemon());
  await expect.poll(loop.running).toHaveLength(1);
  loop.runtime.exit("hello-aaaaaa-0", { exitCode: 1 });
  await expect.poll(() => loop.said).toEqual(["instance:started", "instance:exited", "instance:started"]);
  expect(loop.failures.of("hello", deployment).count).toBe(1);
});

test("a start that is refused is told and counted", async () => {
  const runtime = createFakeRuntime();
  runtime.failNextStart(new StartError("image-unavailable", "no such image"));
  await using loop = startLoop(daemon(), { runtime });
  await expect.poll(() => loop.said).toEqual(["instance:failed", "instance:started"]);
  expect(loop.failures.of("hello", deployment)).toMatchObject({ count: 1, lastError: "no such image" });
});

test("an engine that is away while something starts is nobody's failure, and is tried again", async () => {
  const runtime = createFakeRuntime();
  runtime.failNextStart(new StartError("engine-unavailable", "no engine"));
  await using loop = startLoop(daemon(), { runtime });
  await expect.poll(() => loop.said, { timeout: 5_000 }).toEqual(["instance:started"]);
  expect(loop.failures.of("hello", deployment).count).toBe(0);
});

test("a daemon's new deployment starts when the old one is gone", async () => {
  const wanted = daemon();
  await using loop = startLoop(wanted);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
  wanted.set("hello", entryOf("hello", { schedule: "daemon" }, { deployment: "bbbbbbbbbbbb" }));
  loop.look();
  await expect.poll(loop.running).toEqual(["hello-bbbbbb-0"]);
  expect(loop.said).toEqual(["instance:started", "instance:stopped", "instance:started"]);
});

test("while it is not known who leads nothing is done; a controller that stops leading stops its daemons, silently", async () => {
  await using loop = startLoop(daemon(), { leading: null });
  await expect.poll(() => loop.reconciler.picture.inventory).toEqual({ instances: [], holders: [] });
  loop.reconciler.reconsider("hello");
  expect(loop.said).toEqual([]);
  loop.clock.leading = true;
  loop.look();
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
  loop.clock.leading = false;
  loop.look();
  await expect.poll(() => loop.runtime.list()).toEqual({ instances: [], holders: [] });
  expect(loop.said).toEqual(["instance:started", "instance:stopped"]);
});

test("what runs runs on while it is not known who leads, and what ended then is replaced when this controller leads again", async () => {
  const wanted = new Map([...daemon(), ["beside", entryOf("beside", { schedule: "daemon" })]]);
  await using loop = startLoop(wanted);
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0", "beside-aaaaaa-0"]);
  loop.clock.leading = null;
  wanted.delete("beside");
  loop.runtime.exit("hello-aaaaaa-0", { exitCode: 1 });
  loop.look();
  loop.reconciler.reconsider("beside");
  await expect
    .poll(() => loop.reconciler.picture.inventory.instances.map(({ state }) => state.kind))
    .toEqual(["exited", "running"]);
  expect(loop.said).toEqual(["instance:started", "instance:started"]);
  loop.clock.leading = true;
  loop.look();
  await expect.poll(loop.running).toEqual(["hello-aaaaaa-0"]);
});

test("a workflow that cannot be decided about does not keep another from running", async () => {
  const sound = entryOf("broken");
  const broken = { ...sound, artifact: { ...sound.artifact, keep_warm: "for ever" } };
  await using loop = startLoop(new Map([["broken", broken], ...daemon()]));
  loop.queue.setDepth("broken", 1);
  loop.queue.setDepth("broken", 0);
  loop.look();
  await expect.poll(loop.running).toContain("hello-aaaaaa-0");
});
