import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProcessRuntime } from "../../controller/runtime/process.ts";
import { isAlive } from "../../controller/runtime/process-tree.ts";
import type { Runtime } from "../../controller/runtime/runtime.ts";
import { runtimeContract } from "./contract.ts";
import { fixtureEntries, instanceNamed, specOf, untilExited, untilWaiting } from "./instances.ts";

const ownerOnly = 0o600;
const modeBits = 0o777;

let temporary: string;
const temporaryBefore = process.env["TMPDIR"];
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "drover-process-"));
  process.env["TMPDIR"] = temporary;
});
afterAll(async () => {
  if (temporaryBefore === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = temporaryBefore;
  await rm(temporary, { recursive: true });
});

const open = (home: string): Promise<Runtime> => createProcessRuntime({ home, log: () => {}, entries: fixtureEntries });

describe("the process runtime, as every runtime", () => {
  runtimeContract(async () => {
    const home = await mkdtemp(join(temporary, "home-"));
    const runtime = await open(home);
    return {
      runtime,
      restarted: () => open(home),
      startEnding: (spec, exitCode) => runtime.start({ ...spec, assignment: JSON.stringify({ exitCode }) }),
      untilReady: (instance) => untilWaiting(runtime, instance),
      [Symbol.asyncDispose]: () => removeAll(runtime),
    };
  });
});

describe("the process runtime", () => {
  let home: string;
  let runtime: Runtime;
  const warnings: string[] = [];
  beforeAll(async () => {
    home = await mkdtemp(join(temporary, "home-"));
    runtime = await createProcessRuntime({ home, log: (line) => warnings.push(line), entries: fixtureEntries });
  });
  afterAll(() => removeAll(runtime));

  test("it says that nothing is isolated", () => {
    expect(warnings.join()).toContain("WITHOUT ISOLATION");
  });

  test("an image is refused, with what to do", async () => {
    const spec = specOf({ work: { kind: "image", image: "redis", environment: {} } });
    await expect(runtime.start(spec)).rejects.toMatchObject({
      code: "refused",
      message: "the process runtime cannot run images; use DROVER_RUNTIME=docker",
    });
  });

  test.each(["internal", "none"] as const)("network: %s is refused, with what to do", async (network) => {
    const spec = specOf({ reach: { network, servers: [] } });
    await expect(runtime.start(spec)).rejects.toMatchObject({
      code: "refused",
      message: `network: ${network} needs containers, and the process runtime has none; use DROVER_RUNTIME=docker`,
    });
  });

  test("nothing of the assignment is in a file, an argument or the environment (I6)", async () => {
    const spec = specOf({ orders: { say: "the-secret" } });
    await runtime.start(spec);
    await untilWaiting(runtime, spec.instance);
    const folder = join(home, "process");
    const records = (await readdir(folder)).filter((name) => name.endsWith(".json"));
    for (const name of records) {
      expect(await readFile(join(folder, name), "utf8")).not.toContain("the-secret");
      expect((await stat(join(folder, name))).mode & modeBits).toBe(ownerOnly);
    }
    const { pid } = await processOf(home, spec.instance);
    for (const part of ["cmdline", "environ"]) {
      expect(await readFile(`/proc/${pid}/${part}`, "utf8")).not.toContain("the-secret");
    }
    await runtime.remove(spec.instance);
    expect(await readdir(folder)).toEqual([]);
  });

  test("a process id that is used again is taken for nobody's instance", async () => {
    const spec = specOf();
    await runtime.start(spec);
    const path = join(home, "process", `${spec.instance}.json`);
    const record = await readFile(path, "utf8");
    const { pid } = await processOf(home, spec.instance);
    const restarted = await open(home);
    // The id is that of this test: it would not live to tell if it were taken for the agent.
    await writeFile(path, record.replace(`"pid":${pid}`, `"pid":${process.pid}`));
    expect((await untilExited(restarted, spec.instance))?.state).toMatchObject({ kind: "exited", exitCode: -1 });
    await restarted.remove(spec.instance);

    await writeFile(path, record);
    await restarted.remove(spec.instance);
  });

  test("the end of a process that another controller started is noticed, its exit code unknown", async () => {
    const spec = specOf();
    await runtime.start(spec);
    await untilWaiting(runtime, spec.instance);
    const restarted = await open(home);
    const identity = await processOf(home, spec.instance);
    const noticed = untilExited(restarted, spec.instance);
    process.kill(identity.pid, "SIGKILL");
    expect((await noticed)?.state).toMatchObject({ kind: "exited" });
    expect(await isAlive(identity)).toBe(false);
    await runtime.remove(spec.instance);
    expect(await instanceNamed(restarted, spec.instance)).toBeUndefined();
  });
});

async function processOf(home: string, instance: string): Promise<{ pid: number; startMark: string }> {
  const text = await readFile(join(home, "process", `${instance}.json`), "utf8");
  const [, pid, startMark] = /"pid":(\d+),"startMark":"(\d+)"/.exec(text) ?? [];
  return { pid: Number(pid), startMark: startMark ?? "" };
}

async function removeAll(runtime: Runtime): Promise<void> {
  const { instances } = await runtime.list();
  await Promise.all(instances.map(({ instance }) => runtime.remove(instance)));
}
