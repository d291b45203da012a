import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labelNames } from "../../controller/runtime/docker-names.ts";
import { createDockerRuntime } from "../../controller/runtime/docker.ts";
import Docker from "dockerode";
import { runtimeContract } from "./contract.ts";
import { type TestEngine, openEngine } from "./engine.ts";
import { instanceNamed, megabyte, specOf, untilExited, untilWaiting } from "./instances.ts";

describe("the docker runtime, as every runtime", () => {
  runtimeContract(async () => {
    const engine = await openEngine();
    const { runtime } = engine;
    return {
      runtime,
      restarted: () => Promise.resolve(engine.another()),
      startEnding: (spec, exitCode) => runtime.start({ ...spec, assignment: JSON.stringify({ exitCode }) }),
      untilReady: (instance) => untilWaiting(runtime, instance),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    };
  });
});

describe("the docker runtime", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  test("the agent is labelled, confined, and nothing of its assignment can be inspected (I6)", async () => {
    const { runtime, docker, installation } = engine;
    const spec = specOf({ orders: { say: "the-secret" } });
    await runtime.start(spec);
    await untilWaiting(runtime, spec.instance);
    const found = await docker.getContainer(`drover-${installation}-${spec.instance}`).inspect();
    expect(JSON.stringify(found)).not.toContain("the-secret");
    expect(await runtime.lastLines(spec.instance, 5)).toContain("the-secret");
    expect(found.Config.Labels).toMatchObject({
      [labelNames.installation]: installation,
      [labelNames.workflow]: "hello",
      [labelNames.instance]: spec.instance,
      [labelNames.deployment]: "3fa9c1",
      [labelNames.revision]: "7",
      [labelNames.role]: "agent",
      [labelNames.schema]: "1",
    });
    expect(found.HostConfig).toMatchObject({
      Memory: 96 * megabyte,
      MemorySwap: 96 * megabyte,
      PidsLimit: 256,
      ReadonlyRootfs: true,
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Ulimits: [
        { Name: "nofile", Soft: 4_096, Hard: 4_096 },
        { Name: "fsize", Soft: 1_073_741_824, Hard: 1_073_741_824 },
        { Name: "core", Soft: 0, Hard: 0 },
      ],
      ShmSize: 16 * megabyte,
      IpcMode: "private",
      PidMode: "",
      CgroupnsMode: "private",
      Binds: null,
      RestartPolicy: { Name: "" },
    });
    expect(found.HostConfig.CapAdd?.toSorted()).toEqual(["KILL", "SETGID", "SETUID"].map(asTheEngineSays(found)));
    await runtime.remove(spec.instance);
  });

  test("the CPU limit holds from the moment it is put into force", async () => {
    const { runtime, docker, installation } = engine;
    const spec = specOf({ cpu: 0.25 });
    await runtime.start(spec);
    const container = docker.getContainer(`drover-${installation}-${spec.instance}`);
    expect((await container.inspect()).HostConfig.CpuQuota).toBe(0);
    await runtime.limit(spec.instance, 0.25);
    expect((await container.inspect()).HostConfig).toMatchObject({ CpuPeriod: 100_000, CpuQuota: 25_000 });
    await runtime.remove(spec.instance);
  });

  test("a large assignment arrives whole", async () => {
    const { runtime } = engine;
    const say = "x".repeat(900_000);
    const spec = specOf({ orders: { say, exitCode: 0 } });
    await runtime.start(spec);
    expect((await untilExited(runtime, spec.instance))?.state).toMatchObject({ kind: "exited", exitCode: 0 });
    await runtime.remove(spec.instance);
  });

  test("an instance out of memory says so", async () => {
    const { runtime } = engine;
    const spec = specOf({ orders: { hoard: true } });
    await runtime.start(spec);
    expect((await untilExited(runtime, spec.instance))?.state).toMatchObject({ outOfMemory: true });
    await runtime.remove(spec.instance);
  });

  test("a container that a dead controller left half-made is listed as created, and a start replaces it", async () => {
    const { runtime, docker, installation } = engine;
    const spec = specOf();
    await runtime.start(spec);
    const running = docker.getContainer(`drover-${installation}-${spec.instance}`);
    const { Config, HostConfig } = await running.inspect();
    await running.remove({ force: true });
    await docker.createContainer({
      name: `drover-${installation}-${spec.instance}`,
      Image: Config.Image,
      Labels: Config.Labels,
      HostConfig,
    });
    expect((await instanceNamed(runtime, spec.instance))?.state).toEqual({ kind: "created" });
    await runtime.start(spec);
    expect((await instanceNamed(runtime, spec.instance))?.state.kind).toBe("running");
    await runtime.remove(spec.instance);
  });

  test("a start that the engine refuses leaves no container of the instance", async () => {
    const { runtime } = engine;
    const spec = specOf({ memoryBytes: megabyte });
    await expect(runtime.start(spec)).rejects.toMatchObject({ code: "refused", message: /memory/i });
    expect(await instanceNamed(runtime, spec.instance)).toBeUndefined();
  });

  test("an agent image that is gone is named, and nothing is left", async () => {
    const { docker, installation, network } = engine;
    const gone = { docker, installation, network, agentImage: "drover-agent:gone", log: () => {} };
    const spec = specOf({ workflow: "imageless" });
    await expect(createDockerRuntime(gone).start(spec)).rejects.toMatchObject({
      code: "image-unavailable",
      message: /drover-agent:gone/,
    });
    expect((await engine.containers()).filter(({ Names }) => Names.join().includes("imageless"))).toEqual([]);
  });

  test("the host is reached at the network's gateway", async () => {
    const { runtime, docker, network } = engine;
    const [address, found] = [await runtime.hostAddress(), await docker.getNetwork(network).inspect()];
    expect(found.IPAM?.Config?.[0]?.Gateway).toBe(address);
    expect(found.Options).toMatchObject({ "com.docker.network.bridge.enable_icc": "false" });
  });

  test("two controllers that make the network at once end up on one", async () => {
    await using fresh = await openEngine();
    const controllers = [fresh.runtime, fresh.another(), fresh.another(), fresh.another()];
    const addresses = await Promise.all(controllers.map((runtime) => runtime.hostAddress()));
    expect(new Set(addresses).size).toBe(1);
    expect(addresses[0]).not.toBe("host.docker.internal");
    expect(await fresh.docker.listNetworks({ filters: { name: [fresh.network] } })).toHaveLength(1);
  });

  test("without an engine every call is one clear error", async () => {
    const docker = new Docker({ socketPath: "/nowhere/docker.sock" });
    const runtime = createDockerRuntime({ docker, installation: "x", network: "x", agentImage: "x", log: () => {} });
    const expected = { code: "engine-unavailable", message: /^the Docker engine does not answer: .*ENOENT/ };
    await expect(runtime.list()).rejects.toMatchObject(expected);
    await expect(runtime.start(specOf())).rejects.toMatchObject(expected);
    await expect(runtime.remove("x")).rejects.toMatchObject(expected);
    await expect(runtime.hostAddress()).rejects.toMatchObject(expected);
  });
});

/** Engines from 28 on name capabilities with a prefix. */
function asTheEngineSays(found: Docker.ContainerInspectInfo): (name: string) => string {
  const prefixed = found.HostConfig.CapAdd?.some((name: string) => name.startsWith("CAP_")) ?? false;
  return (name) => (prefixed ? `CAP_${name}` : name);
}
