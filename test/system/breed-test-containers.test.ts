// The containers of breed tests: confined as those of workflows, and gone with their test, whatever ends it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StoredEvent, call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";
import { script, workflow } from "./tested.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const waits = `
  const { Api } = require("vamp-node-client");
  module.exports = async () => {
    await new Api().event(["waiting"]);
    await new Promise(() => setInterval(() => {}, 1000));
  };`;

/** Begins a test that waits, and resolves with what has been added: two containers, the agent's and its network's. */
async function waitingTest(signal: AbortSignal) {
  const before = (await testContainers()).length;
  const body = JSON.stringify({ breed: script(waits), workflow: workflow(), events: [{ tags: "a" }] });
  const headers = { "Content-Type": "application/json" };
  const answer = fetch(`${drover.url}/api/v1/breeds/tested/test`, { method: "POST", body, headers, signal }).then(
    (response) => response.status,
    () => null,
  );
  const containers = await eventually(testContainers, (all) => all.length === before + 2 && all.every(isRunning));
  return { answer, containers };
}

async function testContainers() {
  const all = await containersOf(drover.docker, drover.installation);
  return all.filter(({ Labels }) => Labels["drover.workflow"]?.startsWith("-test-"));
}

const isRunning = ({ State }: { State: string }): boolean => State === "running";
const noContainer = () => eventually(testContainers, (all) => all.length === 0);

test("a test's container is confined as a workflow's is, and goes when its caller goes away", async () => {
  await call(drover.url, "PUT", "/workflows/shop", { ...workflow({ schedule: "daemon" }), breed: script(waits) });
  const gone = new AbortController();
  const { answer, containers } = await waitingTest(gone.signal);
  const ofWorkflow = await eventually(
    async () =>
      (await containersOf(drover.docker, drover.installation)).filter(
        ({ Labels }) => Labels["drover.workflow"] === "shop",
      ),
    (all) => all.length === 2,
  );
  const [tested, real] = await Promise.all([containers, ofWorkflow].map(confinement));
  expect(tested?.agent).toEqual(real?.agent);
  expect(tested?.holder).toEqual(real?.holder);
  expect(tested?.network).not.toBe(real?.network);
  gone.abort();
  expect(await answer).toBe(null);
  await noContainer();
  const told = await eventually(
    async () => (await call<StoredEvent[]>(drover.url, "GET", "/events?type=test")).body,
    (all) => all.length === 1,
  );
  expect(told).toMatchObject([{ value: { breed: "tested", state: "failed", events: 1, completed: 0 } }]);
  await call(drover.url, "DELETE", "/workflows/shop");
});

async function confinement(containers: readonly { Id: string; Labels: Record<string, string> }[]) {
  const inspect = async (role: string) => {
    const { Id = "" } = containers.find(({ Labels }) => Labels["drover.role"] === role) ?? {};
    return drover.docker.getContainer(Id).inspect();
  };
  const [agent, holder] = [await inspect("agent"), await inspect("holder")];
  // The limit of the CPU comes into force some time after the start.
  const limits = ({ HostConfig: host, Config }: typeof agent) => ({
    host: { ...host, NetworkMode: "", CpuQuota: 0, CpuPeriod: 0 },
    user: Config.User,
    environment: Config.Env,
    image: Config.Image,
  });
  expect(agent.HostConfig.NetworkMode).toBe(`container:${holder.Id}`);
  return { agent: limits(agent), holder: limits(holder), network: holder.Id };
}

test("no more tests than there is room for are begun, and a controller that stops ends those that are", async () => {
  const never = new AbortController().signal;
  const tests = [];
  for (let n = 0; n < 4; n++) tests.push(await waitingTest(never));
  const full = await call(drover.url, "POST", "/breeds/tested/test", { breed: script("1"), events: [{ tags: "a" }] });
  expect(full).toMatchObject({
    status: 503,
    body: { detail: expect.stringContaining("4 tests of breeds are under way") },
  });
  await drover.end("SIGTERM");
  expect(await Promise.all(tests.map(({ answer }) => answer))).toEqual([503, 503, 503, 503]);
  expect(await testContainers()).toEqual([]);
  await drover.startAgain();
});

test("a controller that is killed in the middle of a test leaves nothing of it once it is there again (I4)", async () => {
  const { answer } = await waitingTest(new AbortController().signal);
  await drover.end("SIGKILL");
  expect(await answer).toBe(null);
  expect(await testContainers()).not.toEqual([]);
  await drover.startAgain();
  await noContainer();
});
