// What is killed and what goes on (I1, I4, I9): daemons that count, while the controller, an instance and a holder are killed.
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

const counting = `
const { Api } = require('vamp-node-client');
const api = new Api();
let n = 0;
const count = () => api.event('count:' + process.env.NAME, n++, 'count');
setInterval(count, 200);
count();
`;
const names = ["one", "two", "three"];

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
  for (const name of names) {
    const breed = { deployable: { type: "application/javascript", definition: counting } };
    await call(drover.url, "POST", "/workflows", {
      name,
      breed,
      schedule: "daemon",
      environment_variables: { NAME: name },
      scale: { cpu: 0.5 },
    });
  }
  await eventually(
    async () => Promise.all(names.map((name) => statusOf(name))),
    (all) => all.every((status) => status === "running"),
  );
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

async function statusOf(name: string): Promise<unknown> {
  return (await call(drover.url, "GET", `/workflows/${name}/status`)).body;
}

/** Everything one daemon has counted, oldest first. */
async function countsOf(name: string): Promise<number[]> {
  const { body } = await call<{ value: number }[]>(
    drover.url,
    "GET",
    `/events?type=count&tag=count:${name}&per_page=1000`,
  );
  return body.map((event) => event.value).toReversed();
}

const agents = async () =>
  (await containersOf(drover.docker, drover.installation)).filter(
    (one) => one.Labels["drover.role"] === "agent" && one.State === "running",
  );

test("a controller that is killed takes no daemon with it, and the next one adopts the same containers (I9)", async () => {
  const before = (await agents()).map((one) => one.Id).toSorted();
  await eventually(
    () => countsOf("one"),
    (counts) => counts.length > 5,
  );
  await drover.end("SIGKILL");
  await drover.startAgain();
  await eventually(
    async () => Promise.all(names.map((name) => statusOf(name))),
    (all) => all.every((status) => status === "running"),
  );
  expect((await agents()).map((one) => one.Id).toSorted()).toEqual(before);
  for (const name of names) {
    const counts = await eventually(
      () => countsOf(name),
      (all) => all.length > 25,
    );
    expect(counts, `every event of ${name} once and in order`).toEqual(counts.map((_, index) => index));
  }
});

test("a controller that is stopped and started finds daemons whose events, held meanwhile, are all stored once (I1)", async () => {
  const reached = (await countsOf("two")).length;
  expect(await drover.end("SIGTERM")).toBe(0);
  expect((await agents()).length).toBe(3);
  await drover.startAgain();
  for (const name of names) {
    const counts = await eventually(
      () => countsOf(name),
      (all) => all.length > reached + 10,
    );
    expect(
      counts.toSorted((a, b) => a - b),
      `every event of ${name} once`,
    ).toEqual(counts.map((_, index) => index));
  }
});

test("an instance that is killed is replaced, and the end is an event", async () => {
  const victim = (await agents()).find((one) => one.Labels["drover.workflow"] === "one");
  await drover.docker.getContainer(victim?.Id ?? "").kill();
  const replaced = await eventually(
    agents,
    (all) => all.some((one) => one.Labels["drover.workflow"] === "one" && one.Id !== victim?.Id),
    10_000,
  );
  expect(replaced.filter((one) => one.Labels["drover.workflow"] === "one")).toHaveLength(1);
  const { body } = await call<{ value: unknown }[]>(
    drover.url,
    "GET",
    "/events?type=instance&tag=instance:exited&tag=workflows:one",
  );
  expect(body).toHaveLength(1);
  expect(body[0]?.value).toMatchObject({ state: "exited", exitCode: 137 });
  await eventually(
    () => statusOf("one"),
    (status) => status === "running",
  );
});

test("a network holder that is killed takes its instance with it, and both are replaced", async () => {
  const holder = (await containersOf(drover.docker, drover.installation)).find(
    (one) => one.Labels["drover.role"] === "holder" && one.Labels["drover.workflow"] === "two",
  );
  const before = (await agents()).find((one) => one.Labels["drover.workflow"] === "two");
  await drover.docker.getContainer(holder?.Id ?? "").kill();
  await eventually(
    agents,
    (all) => all.some((one) => one.Labels["drover.workflow"] === "two" && one.Id !== before?.Id),
    20_000,
  );
  const reached = await eventually(
    () => statusOf("two"),
    (status) => status === "running",
  );
  expect(reached).toBe("running");
});
