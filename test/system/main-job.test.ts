// The main job from the outside: a breed in YAML becomes a container whose events are tailed; editing the workflow redeploys it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StoredEvent, call, eventually, follow, yaml } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

const tutorialBreed = `
name: tutorial
deployable:
  type: application/javascript
  definition: |
    'use strict';

    var vamp = require('vamp-node-client');
    var api = new vamp.Api();

    function run() {
      api.event('hello world', 'from ' + (process.env.WHO || 'tutorial'), 'my_type');
    }

    run();
    setInterval(run, 1000);
ports: {}
environment_variables: {}
constants: {}
arguments: []
dependencies: {}
`;
const workflow = { name: "tutorial", breed: "tutorial", schedule: "daemon" };

type Read = {
  status: string;
  deployment: string;
  revision: number;
  message: string | null;
  instances: { name: string; status: string; restarts: number; lastError: string | null }[];
  health: Record<string, number>;
};

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const read = async (name: string): Promise<Read> => (await call<Read>(drover.url, "GET", `/workflows/${name}`)).body;
const isFrom = (value: string) => (event: StoredEvent) => event.type === "my_type" && event.value === value;

describe("a breed and a workflow", () => {
  test("Vamp's tutorial breed runs verbatim and its events arrive, at once and then every period", async () => {
    await using tail = await follow(drover.url, "?tag=hello%20world");
    expect((await call(drover.url, "POST", "/breeds", tutorialBreed, yaml)).status).toBe(201);
    expect((await call(drover.url, "POST", "/workflows", workflow)).status).toBe(201);
    const first = await tail.until(isFrom("from tutorial"));
    expect(first).toMatchObject({ source: "/workflows/tutorial", type: "my_type", tags: ["hello world"] });
    await eventually(
      async () => tail.seen.length,
      (count) => count >= 3,
    );
    expect(new Set(tail.seen.map((event) => event.id)).size).toBe(tail.seen.length);
  });

  test("a workflow is running only when its agent has reported", async () => {
    const state = await eventually(
      () => read("tutorial"),
      (one) => one.status === "running",
    );
    expect(state.instances).toMatchObject([{ status: "ready", restarts: 0, lastError: null }]);
    expect(state.health).toEqual({ staged: 0, running: 1, healthy: 1, unhealthy: 0 });
  });

  test("saving the breed alone, or the workflow unchanged, changes nothing that runs", async () => {
    const before = await read("tutorial");
    expect(
      (await call(drover.url, "PUT", "/breeds/tutorial", tutorialBreed.replace("'tutorial'", "'a newer breed'"), yaml))
        .status,
    ).toBe(200);
    expect((await call(drover.url, "PUT", "/workflows/tutorial", workflow)).status).toBe(200);
    expect((await call(drover.url, "PUT", "/workflows/tutorial", await read("tutorial"))).status).toBe(200);
    const after = await read("tutorial");
    expect(after.deployment).toBe(before.deployment);
    expect(after.revision).toBe(before.revision);
  });

  test("an edit of the workflow redeploys it with the newest breed, and the old instance is gone before the new one starts", async () => {
    await using tail = await follow(drover.url);
    const old = (await read("tutorial")).instances[0]?.name;
    await call(drover.url, "PUT", "/workflows/tutorial", { ...workflow, metadata: { edited: true } });
    await tail.until(isFrom("from a newer breed"));
    const mine = tail.seen
      .filter((event) => event.type === "instance")
      .map((event) => event.value as { instance: string; state: string });
    expect(mine.map((value) => value.state)).toEqual(["stopped", "started"]);
    expect(mine[0]?.instance).toBe(old);
    expect(tail.seen.find((event) => event.tags.includes("archive:update"))?.value).toMatchObject({
      revision: 2,
      diff: [{ path: "metadata.edited", after: true }],
    });
    await tail.until((event) => event.tags.includes("deploy:ready"));
  });

  test("environment of the workflow wins over the breed's, and restarting takes up what changed", async () => {
    await using tail = await follow(drover.url);
    await call(drover.url, "PUT", "/workflows/tutorial", {
      ...workflow,
      environment_variables: { WHO: "the environment" },
    });
    await tail.until(isFrom("from the environment"));
    const before = await read("tutorial");
    expect((await call(drover.url, "PUT", "/workflows/tutorial/status", "restarting")).status).toBe(200);
    const after = await eventually(
      () => read("tutorial"),
      (one) => one.status === "running" && one.deployment !== before.deployment,
    );
    expect(after.revision).toBe(before.revision);
  });

  test("a suspended workflow has no container, and resumes", async () => {
    expect((await call(drover.url, "PUT", "/workflows/tutorial/status", '"suspended"')).status).toBe(200);
    await eventually(
      () => read("tutorial"),
      (one) => one.status === "suspended",
    );
    await eventually(
      () => containersOf(drover.docker, drover.installation),
      (containers) => containers.length === 0,
    );
    await call(drover.url, "PUT", "/workflows/tutorial/status", "running");
    await eventually(
      () => read("tutorial"),
      (one) => one.status === "running",
    );
  });

  test("scale gives as many containers, with the limits it names (I4)", async () => {
    await call(drover.url, "PUT", "/workflows/tutorial", {
      ...workflow,
      scale: { instances: 2, cpu: 0.5, memory: "96MB" },
    });
    await eventually(
      () => read("tutorial"),
      (one) => one.status === "running" && one.instances.length === 2,
    );
    const limited = await eventually(
      async () => {
        const containers = (await containersOf(drover.docker, drover.installation)).filter(
          (one) => one.Labels["drover.role"] === "agent",
        );
        return Promise.all(
          containers.map(async ({ Id }) => (await drover.docker.getContainer(Id).inspect()).HostConfig),
        );
      },
      (configs) => configs.every((config) => config.CpuQuota === 50_000),
    );
    expect(limited.map((config) => config.Memory)).toEqual([100_663_296, 100_663_296].map(() => limited[0]?.Memory));
    expect(limited).toHaveLength(2);
  });

  test("deletion leaves no container, and deleting again is fine", async () => {
    expect((await call(drover.url, "DELETE", "/workflows/tutorial")).status).toBe(204);
    expect((await call(drover.url, "DELETE", "/workflows/tutorial")).status).toBe(204);
    await eventually(
      () => containersOf(drover.docker, drover.installation),
      (containers) => containers.length === 0,
    );
    expect((await call(drover.url, "GET", "/workflows/tutorial")).status).toBe(404);
  });
});

describe("what does not run says so", () => {
  test("a script that crashes is never running: it shows its restarts and its last error", async () => {
    const inline = {
      deployable: {
        type: "application/javascript",
        definition: "setTimeout(() => { throw new Error('out of luck') }, 50);",
      },
    };
    await call(drover.url, "POST", "/workflows", { name: "crashing", breed: inline, schedule: "daemon" });
    const state = await eventually(
      () => read("crashing"),
      (one) => (one.instances[0]?.restarts ?? 0) >= 1,
    );
    expect(state.status).not.toBe("running");
    expect(state.instances[0]).toMatchObject({ status: "crashing" });
    expect(state.message).toContain("out of luck");
    await call(drover.url, "DELETE", "/workflows/crashing");
  });

  test("a script that takes more memory than it may is told to have run out of it", async () => {
    const hoard = "const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 5);";
    const inline = { deployable: { type: "application/javascript", definition: hoard } };
    await call(drover.url, "POST", "/workflows", { name: "hoarding", breed: inline, schedule: "daemon" });
    const state = await eventually(
      () => read("hoarding"),
      (one) => (one.instances[0]?.lastError ?? null) !== null,
    );
    expect(state.instances[0]?.lastError).toContain("out of memory");
    await call(drover.url, "DELETE", "/workflows/hoarding");
  });

  test("an image that cannot be pulled is told with its reason, and the workflow can be deleted", async () => {
    await call(drover.url, "POST", "/workflows", {
      name: "unpullable",
      breed: { deployable: "drover-test.invalid/none:1" },
      schedule: "daemon",
    });
    const state = await eventually(
      () => read("unpullable"),
      (one) => one.message !== null,
    );
    expect(state.status).toBe("starting");
    expect(state.message).toContain("drover-test.invalid/none:1");
    expect((await call(drover.url, "DELETE", "/workflows/unpullable")).status).toBe(204);
  });

  test("a workflow that waits for its trigger is running without a container; as a daemon it has one, and back (Vamp's bugs)", async () => {
    const timed = (schedule: unknown) => ({
      name: "timed",
      breed: { deployable: { type: "application/javascript", definition: "setInterval(() => {}, 1000)" } },
      schedule,
    });
    await call(drover.url, "POST", "/workflows", timed({ time: "P1D" }));
    expect(await read("timed")).toMatchObject({ status: "running", instances: [], message: null });
    await call(drover.url, "PUT", "/workflows/timed", timed("daemon"));
    await eventually(
      () => read("timed"),
      (one) => one.status === "running" && one.instances.length === 1,
    );
    await call(drover.url, "PUT", "/workflows/timed", timed({ time: "P1D" }));
    await eventually(
      () => read("timed"),
      (one) => one.status === "running" && one.instances.length === 0,
    );
    await call(drover.url, "DELETE", "/workflows/timed");
  });
});
