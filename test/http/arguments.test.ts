// Arguments that would reach past a container are refused when they are saved, wherever they stand.
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

const image = { type: "container/docker", definition: "redis:8" };
const script = { type: "application/javascript", definition: "1;" };
let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const breed = (name: string, over: object = {}) => ({ kind: "breed", name, deployable: image, ...over });
const workflow = (name: string, over: object) => ({ kind: "workflow", name, schedule: "daemon", ...over });

test.each([
  ["of a breed", breed("a", { arguments: ["privileged=true"] }), "arguments[0]"],
  ["of a script", breed("a", { deployable: script, arguments: [{ volume: "/:/host" }] }), "arguments[0]"],
  [
    "of a workflow",
    workflow("w", { breed: { name: "b", deployable: image }, arguments: ["a=1", "pid=host"] }),
    "arguments[1]",
  ],
  [
    "of a breed in a workflow",
    workflow("w", { breed: { name: "b", deployable: image, arguments: ["net=host"] } }),
    "breed.arguments[0]",
  ],
])("the arguments %s are refused with their path, and nothing is stored", async (_, document, path) => {
  const { status, body } = await call<{ problems: { path: string; fix: string }[] }>(drover.url, "POST", "", document);
  expect(status).toBe(400);
  expect(body.problems).toMatchObject([
    { path: expect.stringContaining(path), fix: expect.stringContaining("remove it") },
  ]);
  expect((await call<unknown[]>(drover.url, "GET", "/breeds")).body).toEqual([]);
});

test("other arguments are kept", async () => {
  const kept = breed("kept", { arguments: ["privileged=false", "color=red"] });
  expect((await call(drover.url, "POST", "", kept)).status).toBeLessThan(300);
  const { body } = await call(drover.url, "GET", "/breeds/kept");
  expect(body).toMatchObject({ arguments: [{ privileged: "false" }, { color: "red" }] });
});

test("privileged is saved where the installation allows it, for an image and not for a script", async () => {
  await drover.end("SIGTERM");
  await using allowing = await startDrover({ DROVER_ALLOW_PRIVILEGED: "true" });
  const save = (over: object) =>
    call(allowing.url, "POST", "", breed("p", { arguments: ["privileged=true"], ...over }));
  expect((await save({ deployable: script })).status).toBe(400);
  expect((await save({})).status).toBeLessThan(300);
});
