import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { type Gateway, startGateway } from "../../agent/gateway.ts";
import { type Status, createStatus } from "../../agent/status.ts";
import type { ForwardedRequest, ForwardedResponse } from "../../bus/assignment.ts";
import { apiSubject } from "../../bus/subjects.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 5 };

type Here = {
  readonly bus: TestBus;
  readonly gateway: Gateway;
  readonly status: Status;
  isOnline(): boolean;
} & AsyncDisposable;

async function startHere(): Promise<Here> {
  const bus = await startBus();
  const connection = await bus.agentConnection();
  const assignment = scriptAssignment("");
  const status = createStatus(assignment, () => Date.now());
  const gateway = await startGateway(connection, assignment, status);
  return {
    bus,
    gateway,
    status,
    isOnline: () => connection.online,
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await bus[Symbol.asyncDispose]();
    },
  };
}

function post(
  gateway: Gateway,
  body: unknown,
  { path = "/api/v1/events", headers = {} }: { path?: string; headers?: Record<string, string> } = {},
) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(gateway.url + path, {
    method: "POST",
    body: text,
    headers: { "content-type": "application/json", ...headers },
  });
}

test("an event is stored as a CloudEvent of this workflow before it is answered with 201", async () => {
  await using here = await startHere();
  here.status.enterRun({ id: "r-1" }, {});
  const response = await post(here.gateway, { tags: ["a:b"], value: { n: 1 }, type: "my_type" });
  expect(response.status).toBe(201);
  const event = (await response.json()) as Record<string, unknown>;
  expect(event).toMatchObject({ source: "/workflows/hello", type: "my_type", value: { n: 1 }, run: "r-1" });
  expect(event["tags"]).toEqual(expect.arrayContaining(["a:b", "a"]));
  const [stored] = await here.bus.events();
  expect(stored).toMatchObject({ subject: "event.hello.my_type", id: event["id"] });
  expect(stored?.body).toMatchObject({
    specversion: "1.0",
    id: event["id"],
    source: "/workflows/hello",
    type: "my_type",
    runid: "r-1",
  });
});

test.each(["/api/v1/events/", "/some-namespace/api/v1/events", "/api/v1/events?x=y"])(
  "POST %s is taken too",
  async (path) => {
    await using here = await startHere();
    expect((await post(here.gateway, { tags: "a" }, { path })).status).toBe(201);
  },
);

test("the same Idempotency-Key is the same event, and stored once", async () => {
  await using here = await startHere();
  const headers = { "idempotency-key": "order-17" };
  const ids: unknown[] = [];
  for (let round = 0; round < 2; round += 1) {
    const response = await post(here.gateway, { tags: ["a"] }, { headers });
    expect(response.status).toBe(201);
    ids.push(((await response.json()) as { id: string }).id);
  }
  expect(ids[0]).toBe(ids[1]);
  expect(await here.bus.events()).toHaveLength(1);
});

test("bad input is a problem that names what is wrong, and nothing is stored", async () => {
  await using here = await startHere();
  const notJson = await post(here.gateway, "{tags:");
  expect([notJson.status, notJson.headers.get("content-type")]).toEqual([
    400,
    "application/problem+json; charset=utf-8",
  ]);
  const noTags = await post(here.gateway, { type: "x" });
  expect(noTags.status).toBe(400);
  expect(await noTags.json()).toMatchObject({
    title: "Bad Request",
    status: 400,
    problems: [{ path: expect.stringContaining("tags") }],
  });
  expect(await here.bus.events()).toEqual([]);
  expect(here.status.report.eventsLost).toBe(0);
});

test("a body over 1 MiB is refused with 413, announced or not, and the gateway goes on", async () => {
  await using here = await startHere();
  const body = JSON.stringify({ tags: ["a"], value: "x".repeat(1024 * 1024) });
  expect((await post(here.gateway, body)).status).toBe(413);
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(`${here.gateway.url}/api/v1/events`, { method: "POST" }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", reject);
    request.write(body.slice(0, 1024));
    request.end(body.slice(1024));
  });
  expect(chunked).toBe(413);
  expect((await post(here.gateway, { tags: ["a"] })).status).toBe(201);
});

test("events posted while NATS restarts are all answered with 201 and stored exactly once", async () => {
  await using here = await startHere();
  const total = 300;
  let posted = 0;
  let done = 0;
  const statuses: number[] = [];
  const worker = async (): Promise<void> => {
    while (posted < total) {
      posted += 1;
      const response = await post(here.gateway, { tags: ["n"], value: posted });
      statuses.push(response.status);
      await response.body?.cancel();
      done += 1;
    }
  };
  const workers = Array.from({ length: 20 }, worker);
  await expect.poll(() => done, soon).toBeGreaterThan(60);
  await here.bus.nats.kill();
  await expect.poll(() => here.isOnline(), soon).toBe(false);
  await here.bus.restartNats();
  await Promise.all(workers);

  expect(statuses).toEqual(Array.from({ length: total }, () => 201));
  const values = (await here.bus.events()).map(({ body }) => Number(body["data"])).toSorted((a, b) => a - b);
  expect(values).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  expect(here.status.report.eventsLost).toBe(0);
});

test("a stream that takes no more events is a 503 to be repeated, and the event counts as lost", async () => {
  await using here = await startHere();
  await here.bus.deleteEvents();
  const refused = await post(here.gateway, { tags: ["a"] });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(here.status.report.eventsLost).toBe(1);
});

test("everything else is forwarded as it came, and answered as the controller answers", async () => {
  await using here = await startHere();
  const seen: ForwardedRequest[] = [];
  here.bus.nc.subscribe(apiSubject("hello"), {
    callback: (_error, message) => {
      seen.push(message.json<ForwardedRequest>());
      const answer: ForwardedResponse = {
        status: 202,
        headers: { "content-type": "text/plain", "x-total-count": "3", connection: "close", "content-length": "999" },
        body: "größer",
      };
      message.respond(JSON.stringify(answer));
    },
  });
  await here.bus.nc.flush();
  const response = await fetch(`${here.gateway.url}/api/v1/breeds?page=2`, {
    method: "PUT",
    body: "kind: breed",
    headers: {
      "content-type": "application/x-yaml",
      authorization: "secret",
      "accept-encoding": "gzip",
      "x-drover-run": "r-1",
    },
  });
  expect([response.status, response.headers.get("x-total-count"), await response.text()]).toEqual([202, "3", "größer"]);
  expect(seen).toEqual([
    {
      method: "PUT",
      url: "/api/v1/breeds?page=2",
      headers: expect.objectContaining({ "content-type": "application/x-yaml" }),
      body: "kind: breed",
    },
  ]);
  expect(seen[0]?.headers).not.toHaveProperty("authorization");
  expect(seen[0]?.headers).not.toHaveProperty("accept-encoding");
  expect(seen[0]?.headers).not.toHaveProperty("x-drover-run");
});

test("without a controller, or without NATS, a forwarded request is a 503 at once", async () => {
  await using here = await startHere();
  const alone = await fetch(`${here.gateway.url}/api/v1/info`);
  expect([alone.status, alone.headers.get("retry-after")]).toEqual([503, "1"]);
  await here.bus.nats.kill();
  await expect.poll(() => here.isOnline(), soon).toBe(false);
  expect((await fetch(`${here.gateway.url}/api/v1/info`)).status).toBe(503);
});

test("the event stream is not there, and says what to use", async () => {
  await using here = await startHere();
  const response = await fetch(`${here.gateway.url}/api/v1/events/stream?tag=a`);
  expect([response.status, await response.json()]).toMatchObject([
    501,
    { detail: expect.stringContaining("GET /api/v1/events") },
  ]);
});
