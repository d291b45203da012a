// CloudEvents and batches of user code at the gateway.
import { expect, test } from "vitest";
import { type Gateway, startGateway } from "../../agent/gateway.ts";
import { type Status, createStatus } from "../../agent/status.ts";
import type { ForwardedRequest } from "../../bus/assignment.ts";
import { apiSubject } from "../../bus/subjects.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

type Here = { readonly bus: TestBus; readonly gateway: Gateway; readonly status: Status } & AsyncDisposable;

async function startHere(): Promise<Here> {
  const bus = await startBus();
  const assignment = scriptAssignment("");
  const status = createStatus(assignment, () => Date.now());
  const gateway = await startGateway(await bus.agentConnection(), assignment, status);
  return {
    bus,
    gateway,
    status,
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await bus[Symbol.asyncDispose]();
    },
  };
}

const event = { specversion: "1.0", id: "s-1", source: "/sensor", type: "reading", runid: "claimed", hops: 0, data: 1 };

function post(gateway: Gateway, headers: Record<string, string>, body: string | Uint8Array): Promise<Response> {
  return fetch(`${gateway.url}/api/v1/events`, { method: "POST", headers, body: Buffer.from(body) });
}

test("structured and in binary mode they are stored here, as events of this workflow and its run, and each once", async () => {
  await using here = await startHere();
  here.status.enterRun({ id: "r-1", cause: "e-1", hops: 4 }, {});
  const structured = { "content-type": "application/cloudevents+json" };
  const headers = { "ce-specversion": "1.0", "ce-id": "s-1", "ce-source": "/sensor", "ce-type": "reading" };
  for (const answer of [
    await post(here.gateway, structured, JSON.stringify(event)),
    await post(here.gateway, { "content-type": "application/json" }, JSON.stringify({ event })),
    await post(here.gateway, { ...headers, "content-type": "application/octet-stream" }, new Uint8Array([0, 255])),
  ])
    expect(answer.status).toBe(201);
  const stored = await here.bus.events();
  expect(stored).toHaveLength(1);
  expect(stored[0]).toMatchObject({
    subject: "event.hello.reading",
    body: { source: "/workflows/hello", runid: "r-1", cause: "e-1", hops: 4, senderid: "s-1", sendersource: "/sensor" },
  });
  expect(stored[0]?.body).toMatchObject({ senderrunid: "claimed", senderhops: 0 });
  const bytes = { ...headers, "ce-id": "s-2", "content-type": "application/octet-stream" };
  await post(here.gateway, bytes, new Uint8Array([0, 255]));
  expect((await here.bus.events()).at(-1)?.body).toMatchObject({ data_base64: "AP8=" });
});

test("who accepts CloudEvents is answered with one", async () => {
  await using here = await startHere();
  const type = "application/cloudevents+json";
  const answer = await post(
    here.gateway,
    { "content-type": type, accept: type },
    JSON.stringify({ ...event, source: "/workflows/hello" }),
  );
  expect(answer.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
  expect(await answer.json()).toMatchObject({ specversion: "1.0", id: "s-1", source: "/workflows/hello", data: 1 });
});

test.each<[string, string | Uint8Array, Record<string, string>, RegExp]>([
  ["binary mode without an id", "", { "ce-specversion": "1.0", "ce-type": "t", "ce-source": "/s" }, /ce-id/],
  ["an unknown version", JSON.stringify({ ...event, specversion: "7" }), {}, /event\.specversion/],
  ["a list as one", "[]", { "content-type": "application/cloudevents+json" }, /batch/],
  ["bytes that are no UTF-8", new Uint8Array([123, 255]), {}, /0xff at offset 1/],
  ["JSON that is none", '{"tags": ', {}, /line 1, column 10/],
])("%s is refused here", async (_, body, headers, says) => {
  await using here = await startHere();
  const answer = await post(here.gateway, headers, body);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(says);
  expect(await here.bus.events()).toEqual([]);
});

test.each<[string, string, string]>([
  ["a list", "application/json", '[{"tags":"a"}]'],
  ["lines", "application/x-ndjson", '{"tags":"a"}'],
  ["a batch", "application/cloudevents-batch+json", "[]"],
  ["YAML", "application/x-yaml", "tags: a"],
])(
  "%s goes to the controller, with the run that sent it and not with what user code says of it",
  async (_, type, body) => {
    await using here = await startHere();
    here.status.enterRun({ id: "r-1", cause: "e-1", hops: 4 }, {});
    const seen: ForwardedRequest[] = [];
    here.bus.nc.subscribe(apiSubject("hello"), {
      callback: (_error, message) => {
        seen.push(message.json<ForwardedRequest>());
        message.respond(JSON.stringify({ status: 201, headers: {}, body: "{}" }));
      },
    });
    await here.bus.nc.flush();
    const claims = { "x-drover-run": "r-9", "x-drover-origin": "{}", "x-drover-forwarded": "x" };
    expect((await post(here.gateway, { "content-type": type, ...claims }, body)).status).toBe(201);
    const { headers, run, body: sent } = seen[0] ?? { headers: {}, run: undefined, body: "" };
    expect([run, sent]).toEqual([{ run: "r-1", cause: "e-1", hops: 4 }, body]);
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining([expect.stringContaining("x-drover")]));
    expect(await here.bus.events()).toEqual([]);
  },
);
