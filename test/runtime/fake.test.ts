import { describe, expect, test } from "vitest";
import { createFakeRuntime } from "../../controller/runtime/fake.ts";
import { StartError } from "../../controller/runtime/runtime.ts";
import { runtimeContract } from "./contract.ts";
import { instanceNamed, specOf } from "./instances.ts";

describe("the fake runtime, as every runtime", () => {
  runtimeContract(async () => {
    const runtime = createFakeRuntime();
    return {
      runtime,
      restarted: () => Promise.resolve(runtime),
      async startEnding(spec, exitCode) {
        await runtime.start(spec);
        runtime.exit(spec.instance, { exitCode });
      },
      untilReady: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
});

describe("the fake runtime", () => {
  test("a start that is told to fail leaves nothing, and the one after it works", async () => {
    const fake = createFakeRuntime();
    const spec = specOf();
    fake.failNextStart(new StartError("image-unavailable", "no such image"));
    await expect(fake.start(spec)).rejects.toMatchObject({ code: "image-unavailable" });
    expect((await fake.list()).instances).toEqual([]);
    await fake.start(spec);
    expect(fake.started.map(({ instance }) => instance)).toEqual([spec.instance]);
  });

  test("a held start is seen as created until it is let go", async () => {
    const fake = createFakeRuntime();
    const spec = specOf();
    const letGo = fake.holdStarts();
    const start = fake.start(spec);
    expect((await instanceNamed(fake, spec.instance))?.state.kind).toBe("created");
    letGo();
    await start;
    expect((await instanceNamed(fake, spec.instance))?.state.kind).toBe("running");
  });

  test("the end of a holder ends the scripts of its workflow and no other's", async () => {
    const fake = createFakeRuntime();
    const [mine, other] = [specOf({ workflow: "mine" }), specOf({ workflow: "other" })];
    await fake.start(mine);
    await fake.start(other);
    fake.endHolder("mine");
    expect((await instanceNamed(fake, mine.instance))?.state).toMatchObject({ reason: "its network holder ended" });
    expect((await instanceNamed(fake, other.instance))?.state.kind).toBe("running");
    expect((await fake.list()).holders).toEqual(["other"]);
  });

  test("calls fail while the engine is away, and instances live on", async () => {
    const fake = createFakeRuntime();
    const spec = specOf();
    await fake.start(spec);
    fake.setEngineAway(true);
    await expect(fake.list()).rejects.toMatchObject({ code: "engine-unavailable" });
    fake.setEngineAway(false);
    expect((await instanceNamed(fake, spec.instance))?.state.kind).toBe("running");
  });
});
