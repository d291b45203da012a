// What every runtime must do, whatever stands behind it. Each implementation's test calls this with itself.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InstanceSpec, Runtime } from "../../controller/runtime/runtime.ts";
import { instanceNamed, specOf, untilExited, untilInstance } from "./instances.ts";

export type Subject = AsyncDisposable & {
  readonly runtime: Runtime;
  /** The runtime of a controller that is started anew over the same installation. */
  restarted(): Promise<Runtime>;
  /** Starts an instance that ends by itself. */
  startEnding(spec: InstanceSpec, exitCode: number): Promise<void>;
  /** Resolves when what the instance runs has come so far that it minds signals. */
  untilReady(instance: string): Promise<void>;
};

export function runtimeContract(open: () => Promise<Subject>): void {
  let subject: Subject;
  let runtime: Runtime;
  beforeAll(async () => {
    subject = await open();
    ({ runtime } = subject);
  });
  afterAll(async () => {
    await subject[Symbol.asyncDispose]();
  });

  test("a started instance is listed as running under its own names", async () => {
    const spec = specOf();
    await runtime.start(spec);
    expect(await instanceNamed(runtime, spec.instance)).toEqual({
      instance: spec.instance,
      workflow: "hello",
      deployment: "3fa9c1",
      revision: 7,
      state: { kind: "running", startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    });
    await runtime.remove(spec.instance);
  });

  test("starting an instance again, or twice at once, changes nothing (R2)", async () => {
    const spec = specOf();
    await Promise.all([runtime.start(spec), runtime.start(spec)]);
    await subject.untilReady(spec.instance);
    await runtime.start(spec);
    const { instances } = await runtime.list();
    expect(instances.filter(({ instance }) => instance === spec.instance)).toHaveLength(1);
    await runtime.remove(spec.instance);
  });

  test("an instance that ends by itself stays listed with its exit code and is not restarted (R3)", async () => {
    const spec = specOf();
    await subject.startEnding(spec, 3);
    const ended = await untilExited(runtime, spec.instance);
    expect(ended?.state).toMatchObject({ kind: "exited", exitCode: 3, outOfMemory: false });
    await runtime.remove(spec.instance);
    expect(await instanceNamed(runtime, spec.instance)).toBeUndefined();
  });

  test("an instance that ended is started anew under the same name", async () => {
    const spec = specOf();
    await subject.startEnding(spec, 1);
    await untilExited(runtime, spec.instance);
    await runtime.start(spec);
    expect((await instanceNamed(runtime, spec.instance))?.state.kind).toBe("running");
    await runtime.remove(spec.instance);
  });

  test("a restarted controller finds its instances, and can stop and remove them (R1)", async () => {
    const spec = specOf();
    await runtime.start(spec);
    await subject.untilReady(spec.instance);
    const second = await subject.restarted();
    expect((await instanceNamed(second, spec.instance))?.state.kind).toBe("running");
    await second.stop(spec.instance, 10_000);
    expect((await instanceNamed(second, spec.instance))?.state.kind).toBe("exited");
    await second.remove(spec.instance);
    expect(await instanceNamed(runtime, spec.instance)).toBeUndefined();
  });

  test("an instance that ignores SIGTERM is killed after its grace", async () => {
    const spec = specOf({ orders: { deaf: true } });
    await runtime.start(spec);
    await subject.untilReady(spec.instance);
    await runtime.stop(spec.instance, 300);
    expect((await instanceNamed(runtime, spec.instance))?.state.kind).toBe("exited");
    await runtime.remove(spec.instance);
  });

  test("what is not there can be stopped, limited, removed and released (R2)", async () => {
    await runtime.stop("nobody-0", 1_000);
    await runtime.limit("nobody-0", 1);
    await runtime.remove("nobody-0");
    await runtime.release("nobody");
    expect(await runtime.lastLines("nobody-0", 5)).toEqual([]);
  });

  test("removing an instance twice at once leaves nothing of it", async () => {
    const spec = specOf();
    await runtime.start(spec);
    await Promise.all([runtime.remove(spec.instance), runtime.remove(spec.instance)]);
    expect(await instanceNamed(runtime, spec.instance)).toBeUndefined();
  });

  test("start, end and removal each wake who listens", async () => {
    const spec = specOf();
    const seen = [
      untilInstance(runtime, spec.instance, (instance) => instance?.state.kind === "running"),
      untilExited(runtime, spec.instance),
    ];
    await runtime.start(spec);
    await seen[0];
    await runtime.stop(spec.instance, 0);
    await seen[1];
    const gone = untilInstance(runtime, spec.instance, (instance) => instance === undefined);
    await runtime.remove(spec.instance);
    expect(await gone).toBeUndefined();
  });
}
