// Code of a workflow that does what it can through its gateway: nobody else's logs are read, and the controller stays up (I5).
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually, follow } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

const hostile = `
const ask = async (path, options) => (await fetch(process.env.VAMP_URL + path, options)).status;
const post = (event) => ask('/api/v1/events', { method: 'POST', body: JSON.stringify(event), headers: { 'Content-Type': 'application/json' } });
async function main() {
  const seen = {};
  for (const path of ['/workflows/victim/logs', '/workflows/victim/logs/', '/workflows/victim/%6Cogs', '/%77orkflows/victim/logs'])
    seen[path] = await ask('/api/v1' + path);
  seen.namespace = await ask('/x/api/v1/workflows/victim/logs/');
  seen.own = await ask('/api/v1/workflows/hostile/logs');
  seen.follow = await ask('/api/v1/workflows/hostile/logs?%66ollow=true');
  seen.stream = await ask('/api/v1/events/%73tream');
  seen.write = await ask('/api/v1/workflows/victim', { method: 'DELETE' });
  seen.forged = await post({ type: 'archive', tags: ['archive', 'workflows:victim'], value: null });
  for (let n = 0; n < 4; n++) await post({ tags: ['large'], value: '"'.repeat(110000) });
  seen.large = await ask('/api/v1/events?tag=large&per_page=4');
  await post({ tags: ['seen'], value: seen });
}
main();
setInterval(() => {}, 60000);
`;
const idle = "console.log('private'); setInterval(() => {}, 60000);";
const breedOf = (definition: string) => ({ deployable: { type: "application/javascript", definition } });

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

test("what a workflow may not is refused however it is written, and what is too much is told", async () => {
  await using tail = await follow(drover.url, "?tag=seen");
  await call(drover.url, "POST", "/workflows", { name: "victim", breed: breedOf(idle), schedule: "daemon" });
  const workflow = { name: "hostile", breed: breedOf(hostile), schedule: "daemon", scale: { cpu: 1 } };
  await call(drover.url, "POST", "/workflows", workflow);
  const { value } = await tail.until((event) => event.tags.includes("seen"));
  expect(value).toEqual({
    "/workflows/victim/logs": 403,
    "/workflows/victim/logs/": 403,
    "/workflows/victim/%6Cogs": 403,
    "/%77orkflows/victim/logs": 403,
    namespace: 403,
    own: 200,
    follow: 400,
    stream: expect.toSatisfy((status: number) => status === 400 || status === 501),
    write: 403,
    forged: 201,
    large: 413,
  });
  expect((await call(drover.url, "GET", "/info")).status).toBe(200);
});

test("a forged archive event does not keep the next controller from starting", async () => {
  await drover.end("SIGKILL");
  await drover.startAgain();
  const status = async () => (await call<string>(drover.url, "GET", "/workflows/victim/status")).body;
  expect(await eventually(status, (word) => word === "running")).toBe("running");
});

test.each([
  ["a page of another site", { Origin: "http://evil.example" }],
  ["a cross-site request", { "Sec-Fetch-Site": "cross-site" }],
])("%s is refused", async (_, headers) => {
  expect((await call(drover.url, "POST", "/events", { tags: "a" }, headers)).status).toBe(403);
});

test("a header that only resembles the forwarder's is nobody's, and no error", async () => {
  const headers = { "x-drover-forwarded": "\u00e9".repeat(43), "x-drover-workflow": "victim" };
  expect((await call(drover.url, "GET", "/info", undefined, headers)).status).toBe(200);
});
