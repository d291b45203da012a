// CloudEvents over HTTP at a whole controller: the cases of the CloudEvents conformance features (binary, structured, batch, media
// types with and without a charset), old versions, and reading back what was sent.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const structured = "application/cloudevents+json";
const batch = "application/cloudevents-batch+json";
const attributes = {
  specversion: "1.0",
  type: "com.example.someevent",
  time: "2018-04-05T03:56:24Z",
  source: "/mycontext/subcontext",
};
const readTime = "2018-04-05T03:56:24.000Z";
const asHeaders = (event: object): Record<string, string> =>
  Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, String(value)]));

let ids = 0;
const newId = (): string => `1234-${++ids}`;

type Answered = { status: number; type: string | null; body: Record<string, unknown> };

async function post(headers: Record<string, string>, body?: string | Uint8Array): Promise<Answered> {
  return answered(
    await fetch(`${drover.url}/api/v1/events`, {
      method: "POST",
      headers,
      ...(body !== undefined && { body: Buffer.from(body) }),
    }),
  );
}

async function read(path: string, accept: string): Promise<Answered> {
  return answered(await fetch(`${drover.url}/api/v1${path}`, { headers: { accept } }));
}

async function answered(response: Response): Promise<Answered> {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, type: response.headers.get("content-type"), body };
}

/** The event as a reader of CloudEvents gets it. */
async function back(id: string): Promise<Record<string, unknown>> {
  const { status, type, body } = await read(`/events/${encodeURIComponent(id)}`, structured);
  expect([status, type]).toEqual([200, `${structured}; charset=utf-8`]);
  return body;
}

test.each(["application/json", "application/json; charset=utf-8"])("binary content mode (%s)", async (contentType) => {
  const id = newId();
  const headers = { ...asHeaders({ ...attributes, id }), "content-type": contentType };
  expect((await post(headers, '{\n    "message": "Hello World!"\n}')).status).toBe(201);
  expect(await back(id)).toStrictEqual({
    ...attributes,
    id,
    time: readTime,
    datacontenttype: contentType,
    tags: attributes.type,
    data: { message: "Hello World!" },
  });
});

test.each([structured, `${structured}; charset=utf-8`, `${structured}; charset=UTF-8`])(
  "structured content mode (%s)",
  async (contentType) => {
    const event = {
      ...attributes,
      id: newId(),
      datacontenttype: "application/json",
      data: { message: "Hello World!" },
    };
    expect((await post({ "content-type": contentType }, JSON.stringify(event))).status).toBe(201);
    expect(await back(event.id)).toStrictEqual({ ...event, time: readTime, tags: attributes.type });
  },
);

test.each([batch, `${batch}; charset=UTF-8`])("batched content mode (%s)", async (contentType) => {
  const first = { ...attributes, id: newId(), data: 1 };
  const second = { ...attributes, id: newId(), datacontenttype: "text/plain", data: "two" };
  const { status, body } = await post({ "content-type": contentType }, JSON.stringify([first, second, first]));
  expect([status, body["count"]]).toEqual([201, 2]);
  expect(await back(second.id)).toMatchObject({ id: second.id, datacontenttype: "text/plain", data: "two" });
});

test("an empty batch is one, and a batch with one event that is none stores nothing", async () => {
  expect(await post({ "content-type": batch }, "[]")).toMatchObject({ status: 201, body: { count: 0, ids: [] } });
  const good = { ...attributes, id: newId() };
  for (const bad of [{ ...attributes }, { ...good, specversion: "0.9" }, "not an object", { tags: "a" }]) {
    const { status, body } = await post({ "content-type": batch }, JSON.stringify([good, bad]));
    expect(status).toBe(400);
    expect(JSON.stringify(body["problems"])).toContain('"path":"event 2');
  }
  expect((await read(`/events/${good.id}`, structured)).status).toBe(404);
});

test("a list, lines and plain JSON may hold CloudEvents beside other events", async () => {
  const events = [{ ...attributes, id: newId() }, { tags: "mixed" }];
  expect((await post({ "content-type": "application/json" }, JSON.stringify(events))).body["count"]).toBe(2);
  const lines = [{ ...attributes, id: newId() }, { tags: "mixed" }].map((one) => JSON.stringify(one)).join("\n");
  expect((await post({ "content-type": "application/x-ndjson" }, lines)).body["count"]).toBe(2);
  const one = await post({ "content-type": "application/json" }, JSON.stringify({ ...attributes, id: "plain" }));
  expect(one.body).toMatchObject({ source: attributes.source, attributes: { id: "plain" } });
});

test.each([
  ["text/plain", "größer", { data: "größer" }],
  ["application/xml", "<a/>", { data: "<a/>" }],
  ["image/png", new Uint8Array([0, 255, 254]), { data_base64: "AP/+" }],
])("data of type %s come out as they came in", async (contentType, body, data) => {
  const id = newId();
  expect((await post({ ...asHeaders({ ...attributes, id }), "content-type": contentType }, body)).status).toBe(201);
  expect(await back(id)).toMatchObject({ datacontenttype: contentType, ...data });
});

test("headers are percent-decoded, and all attributes come out again", async () => {
  const id = newId();
  const headers = asHeaders({
    ...attributes,
    id,
    subject: "Euro%20%E2%82%AC",
    partitionkey: "a,b",
    tags: "x:1,y%252Cz",
  });
  expect((await post(headers)).status).toBe(201);
  const event = await back(id);
  expect(event).toMatchObject({ subject: "Euro €", partitionkey: "a,b", tags: "x:1,y%2Cz,x" });
  expect(event).not.toHaveProperty("data");
});

test("versions 0.1, 0.2 and 0.3 are taken, structured, wrapped and in headers", async () => {
  const old = {
    cloudEventsVersion: "0.1",
    eventID: newId(),
    source: "/old",
    eventType: "com.example.old",
    eventTypeVersion: "1",
    eventTime: attributes.time,
    extensions: { comExample: "x" },
    contentType: "application/json",
    data: 1,
  };
  expect((await post({ "content-type": structured }, JSON.stringify({ event: old }))).status).toBe(201);
  expect(await back(old.eventID)).toMatchObject({
    specversion: "1.0",
    source: "/old",
    eventtypeversion: "1",
    comexample: "x",
    data: 1,
  });
  const later = {
    ...attributes,
    specversion: "0.2",
    id: newId(),
    contenttype: "text/plain",
    schemaurl: "http://x/y",
    data: "x",
  };
  expect((await post({ "content-type": structured }, JSON.stringify(later))).status).toBe(201);
  expect(await back(later.id)).toMatchObject({ datacontenttype: "text/plain", dataschema: "http://x/y" });
  const bytes = { ...attributes, specversion: "0.3", id: newId(), datacontentencoding: "base64", data: "AP8=" };
  expect((await post({ "content-type": structured }, JSON.stringify(bytes))).status).toBe(201);
  expect(await back(bytes.id)).toMatchObject({ data_base64: "AP8=" });
  const headers = {
    "ce-cloudEventsVersion": "0.1",
    "ce-eventID": newId(),
    "ce-source": "/old",
    "ce-eventType": "com.example.old",
  };
  expect((await post(headers, "1")).status).toBe(201);
  expect(await back(headers["ce-eventID"])).toMatchObject({ type: "com.example.old", data: 1 });
});

describe("who accepts CloudEvents is answered with them", () => {
  test("on a post", async () => {
    const event = { ...attributes, id: newId(), data: 1 };
    const answer = await post({ "content-type": structured, accept: structured }, JSON.stringify(event));
    expect(answer).toMatchObject({
      status: 201,
      type: `${structured}; charset=utf-8`,
      body: { id: event.id, data: 1 },
    });
    const plain = await post({ "content-type": structured }, JSON.stringify({ ...event, id: newId() }));
    expect(plain).toMatchObject({
      type: "application/json; charset=utf-8",
      body: { value: 1, attributes: { id: expect.any(String) } },
    });
  });

  test("on a list, which is a batch, and on one event as a batch of one", async () => {
    const tag = `list-${newId()}`;
    const event = { ...attributes, id: newId(), tags: tag };
    await post({ "content-type": batch }, JSON.stringify([event, { ...event, id: newId() }]));
    for (const accept of [batch, structured]) {
      const { type, body } = await read(`/events?tag=${tag}`, accept);
      expect([type, body.length]).toEqual([`${batch}; charset=utf-8`, 2]);
    }
    expect((await read(`/events/${event.id}`, batch)).body).toMatchObject([{ id: event.id }]);
  });

  test("and what they get can be posted to another Drover as it is", async () => {
    const { body } = await read("/events?per_page=5&source=/mycontext/*", batch);
    const again = await post({ "content-type": batch }, JSON.stringify(body));
    expect(again).toMatchObject({ status: 201, body: { count: 5 } });
  });

  test("what is Drover's own comes out with what it is about", async () => {
    const { body } = await read("/events?type=controller&per_page=1", batch);
    expect(body).toMatchObject([{ specversion: "1.0", source: "/controller", type: "controller" }]);
  });
});
