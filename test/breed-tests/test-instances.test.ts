// The containers of tests among those of workflows, with a runtime whose every moment the test decides.
import pino from "pino";
import { expect, test } from "vitest";
import { keepTestsApart } from "../../controller/breed-tests/test-instances.ts";
import { createFakeRuntime } from "../../controller/runtime/fake.ts";
import { StartError } from "../../controller/runtime/runtime.ts";
import { specOf } from "../runtime/instances.ts";

const owner = "-test-6f2c01ab";
const spec = () => ({ ...specOf(), instance: owner, workflow: owner });
const setUp = () => {
  const runtime = createFakeRuntime();
  return { runtime, tests: keepTestsApart(runtime, pino({ level: "silent" })) };
};

test("the lifecycle sees the instances and networks of workflows and none of tests", async () => {
  const { runtime, tests } = setUp();
  const other = specOf();
  await tests.start(spec());
  await runtime.start(other);
  expect(await tests.others.list()).toMatchObject({ instances: [{ instance: other.instance }], holders: ["hello"] });
  expect((await runtime.list()).instances).toHaveLength(2);
});

test("a test hears of it when its container ends, and when it is taken away", async () => {
  const { runtime, tests } = setUp();
  await tests.start(spec());
  const ended = tests.ended(owner);
  runtime.exit(owner, { exitCode: 137, reason: "killed: out of memory" });
  await tests.others.list();
  expect(await ended).toBe("its container ended: killed: out of memory");
  await tests.remove(owner);
  await tests.start(spec());
  const gone = tests.ended(owner);
  await runtime.remove(owner);
  await tests.others.list();
  expect(await gone).toBe("its container was removed");
});

test("a test that starts while the runtime is looked at is not taken for gone", async () => {
  const { runtime, tests } = setUp();
  const letGo = runtime.holdStarts();
  const starting = tests.start(spec());
  await tests.others.list();
  letGo();
  await starting;
  await tests.others.list();
  expect((await runtime.list()).instances).toHaveLength(1);
});

test("whatever an earlier controller left of a test is removed, a network alone as well", async () => {
  const { runtime, tests } = setUp();
  await runtime.start(spec());
  await runtime.start({ ...spec(), instance: "-test-2", workflow: "-test-2" });
  await runtime.remove("-test-2");
  await tests.others.list();
  await expect.poll(() => runtime.list()).toEqual({ instances: [], holders: [] });
});

test("what cannot be removed because the engine is away is removed at a later look", async () => {
  const { runtime, tests } = setUp();
  await tests.start(spec());
  runtime.setEngineAway(true);
  await tests.remove(owner);
  runtime.setEngineAway(false);
  expect((await runtime.list()).instances).toHaveLength(1);
  await tests.others.list();
  await expect.poll(() => runtime.list()).toEqual({ instances: [], holders: [] });
});

test("a start that is refused leaves nothing and is the caller's to hear", async () => {
  const { runtime, tests } = setUp();
  runtime.failNextStart(new StartError("refused", "no"));
  await expect(tests.start(spec())).rejects.toThrow("no");
  await tests.remove(owner);
  expect(await runtime.list()).toEqual({ instances: [], holders: [] });
});
