// What a test of a breed refuses before anything is started, and what it is then asked to run.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, asCodeOf, asking, startEdge, workflow } from "./edge.ts";

const script = (definition: string) => ({ type: "application/javascript", definition });

let edge: Edge;
const ask = asking(() => edge);
beforeAll(async () => {
  const inline = { name: "own", deployable: script("inline"), env: { A: "breed", B: "breed" } };
  edge = await startEdge(
    workflow(
      { name: "shop", breed: inline, schedule: "manual", env: { B: "workflow" }, timeout: "PT10S" },
      { revision: 7 },
    ),
  );
});
afterAll(() => edge[Symbol.asyncDispose]());

const events = [{ tags: "a" }];
const problemsOf = async (body: unknown, name = "own"): Promise<string[]> => {
  const answer = await ask("POST", `/breeds/${name}/test`, { body });
  expect(answer.status).toBe(400);
  return (answer.body["problems"] as { path: string; expected: string }[]).map((one) => `${one.path}: ${one.expected}`);
};

test("everything that is wrong is named at once, with its place", async () => {
  const breed = { name: "other", deployable: script("") };
  expect(await problemsOf({ events, breed, workflow: { name: "w" } })).toEqual([
    expect.stringContaining("body.workflow.breed: "),
    expect.stringContaining("body.workflow.schedule: "),
    'body.breed.name: the name in the address, "own"',
    expect.stringContaining("body.breed.deployable.definition: "),
  ]);
  expect(await problemsOf({ timeout: "PT1H", evens: [], events: [{ tags: [] }] })).toEqual([
    "body.events[0].tags: at least one tag",
    'body.timeout: a duration from "PT1S" to "PT4M"',
    expect.stringContaining("body.evens: a field of a test of a breed"),
  ]);
  expect(await problemsOf({})).toEqual(["body.events: a list of events"]);
});

test("an image is refused, and so is a workflow of another breed", async () => {
  const image = { deployable: { type: "container/docker", definition: "nginx" } };
  expect(await problemsOf({ events, breed: image })).toEqual(["body.breed.deployable.type: application/javascript"]);
  expect(await problemsOf({ events, breed: { deployable: script("1") }, workflow: "shop" }, "b")).toEqual([
    'body.workflow.breed: "b"',
  ]);
});

test("a breed that is written in a workflow is found by its name, and what is wrong with an edit of it is said", async () => {
  // The name is found: what is refused is the limit alone.
  expect(await problemsOf({ events, timeout: "PT1H" })).toEqual(['body.timeout: a duration from "PT1S" to "PT4M"']);
  expect((await ask("POST", "/breeds/nosuch/test", { body: { events } })).status).toBe(404);
  const edited = { name: "nosuch", schedule: "manual", breed: { deployable: script("((") } };
  expect(await problemsOf({ events, workflow: edited }, "nosuch")).toEqual([
    expect.stringContaining("body.workflow.breed.deployable.definition, line 1"),
  ]);
});

test("a workflow that does not exist is 404; code of a workflow may test nothing", async () => {
  expect((await ask("POST", "/breeds/own/test", { body: { events, workflow: "gone" } })).status).toBe(404);
  const headers = asCodeOf("shop");
  expect((await ask("POST", "/breeds/own/test", { body: { events }, headers })).status).toBe(403);
});

test("code of a test that is over stores nothing", async () => {
  for (const body of [{ tags: "a" }, [{ tags: "a" }]])
    expect((await ask("POST", "/events", { body, headers: asCodeOf("-test-6f2c01ab") })).status).toBe(503);
  expect((await ask("DELETE", "/workflows/shop", { headers: asCodeOf("-test-6f2c01ab") })).status).toBe(403);
  expect(JSON.stringify(edge.stored)).not.toMatch(/-test-|"a"/);
});
