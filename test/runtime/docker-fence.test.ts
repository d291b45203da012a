// When a fence can be had, when it cannot, and what becomes of instances then. What it closes: system/hostile-network.test.ts.
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDockerRuntime } from "../../controller/runtime/docker.ts";
import { progressDone } from "../../controller/runtime/image-build.ts";
import type { Runtime } from "../../controller/runtime/runtime.ts";
import { type TestEngine, openEngine } from "./engine.ts";
import { specOf, untilWaiting } from "./instances.ts";

const servers = ["nats://192.0.2.1:4222"];
const nobody = { allowsPrivileged: false, isKnown: () => true };

let engine: TestEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const subjects = async (): Promise<string[]> =>
  (await engine.runtime.examine(nobody)).filter(({ state }) => state === "wrong").map(({ subject }) => subject);

test("every instance has its fence, around what is left of its holder too, and a look at it finds nothing wrong", async () => {
  const { runtime } = engine;
  const specs = (["bridge", "internal", "none"] as const).map((network) =>
    specOf({ workflow: `in-${network}`, reach: { network, servers } }),
  );
  await Promise.all(specs.map((spec) => runtime.start(spec)));
  expect(await subjects()).toEqual([]);
  await Promise.all(specs.map(({ instance }) => runtime.remove(instance)));
  expect(await subjects()).toEqual([]);
});

test("a holder that was started anew by somebody else has lost its fence: that is found, and the next start puts one up", async () => {
  const { runtime, docker, installation } = engine;
  const [lost, next] = [1, 2].map(() => specOf({ workflow: "anew", reach: { network: "none", servers } }));
  if (!lost || !next) throw new Error("there are two");
  await runtime.start(lost);
  const name = `drover-${installation}-anew.none.holder`;
  await docker.getContainer(name).restart({ t: 0 });
  expect(await subjects()).toContain(`container ${name}`);
  await runtime.remove(lost.instance);
  await runtime.start(next);
  expect(await subjects()).toEqual([]);
  await untilWaiting(runtime, next.instance);
  await runtime.remove(next.instance);
});

test("where NATS is known by a name only, internal is refused and says so", async () => {
  const spec = specOf({ reach: { network: "internal", servers: ["nats://nats:4222"] } });
  await expect(engine.runtime.start(spec)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("needs NATS at an address, and it is known to containers as nats://nats:4222"),
  });
});

describe("with an agent image that has no nft", () => {
  const tag = "drover-test-fence:none";
  const said: string[] = [];
  let runtime: Runtime;
  beforeAll(async () => {
    const { docker, installation, network } = engine;
    const spec = specOf();
    await engine.runtime.start(spec);
    const { Config } = await docker.getContainer(`drover-${installation}-${spec.instance}`).inspect();
    await engine.runtime.remove(spec.instance);
    const context = pack();
    context.entry({ name: "nft", mode: 0o644 }, "");
    context.entry({ name: "Dockerfile" }, `FROM ${Config.Image}\nCOPY nft /usr/sbin/nft\n`);
    context.finalize();
    await progressDone(docker, await docker.buildImage(Readable.from(context), { t: tag, rm: true, forcerm: true }));
    runtime = createDockerRuntime({ docker, installation, network, agentImage: tag, log: (line) => said.push(line) });
  });
  afterAll(() => engine.docker.getImage(tag).remove({ force: true }));

  test.each(["internal", "none"] as const)("network: %s is refused and says what to do", async (network) => {
    const spec = specOf({ workflow: `bare-${network}`, reach: { network, servers } });
    await expect(runtime.start(spec)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("install nftables"),
    });
    expect((await runtime.list()).instances).toEqual([]);
  });

  test("network: bridge goes without, and the log and whoever looks are told", async () => {
    const spec = specOf({ workflow: "bare", reach: { network: "bridge", servers } });
    await runtime.start(spec);
    expect(said.join("\n")).toContain("workflows under network: bridge reach this host");
    const findings = await runtime.examine(nobody);
    expect(findings.find(({ subject }) => subject === "fences")).toMatchObject({ state: "warning" });
    await runtime.remove(spec.instance);
  });
});
