// The same event that comes again is one event: within the stream's duplicate window, behind it, and in batches.
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventSubject, eventsStream } from "../../bus/subjects.ts";
import { eventually } from "../api.ts";
import { type Ask, type Edge, asCodeOf, asking, startEdge } from "./edge.ts";

let edge: Edge;
let ask: Ask;
beforeAll(async () => {
  edge = await startEdge();
  ask = asking(() => edge);
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

const batch = { "content-type": "application/cloudevents-batch+json" };
const eventOf = (id: string, over: object = {}) => ({
  specversion: "1.0",
  id,
  source: "/shop",
  type: "order",
  ...over,
});
const post = (body: unknown, headers: Record<string, string> = { "content-type": "application/cloudevents+json" }) =>
  ask("POST", "/events", { body, headers });

/** How often an event with this tag is in the stream. */
async function storedWith(tag: string): Promise<unknown[]> {
  const { body } = await ask("GET", `/events?tag=${tag}&per_page=1000`);
  return (body as unknown as { value: unknown }[]).map(({ value }) => value);
}

/** From then on JetStream knows no message id that came before. */
async function forgetDuplicates(): Promise<void> {
  const nc = await connect({ servers: edge.natsUrl });
  try {
    const jsm = await jetstreamManager(nc);
    await jsm.streams.update(eventsStream, { duplicate_window: nanos(100) });
    const again = () => jetstream(nc).publish(eventSubject("-", "probe"), "{}", { msgID: "probe" });
    await again();
    await eventually(
      async () => (await again()).duplicate,
      (duplicate) => !duplicate,
    );
  } finally {
    await nc.close();
  }
}

test("the same source and id is answered with the event as it is stored, whatever comes the second time", async () => {
  const first = await post(eventOf("1", { tags: "same", data: "first" }));
  const second = await post(eventOf("1", { tags: "same", data: "second", type: "other" }));
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toStrictEqual(first.body);
  await post(eventOf("1", { tags: "same", source: "/other", data: "other" }));
  expect(await storedWith("same")).toEqual(["other", "first"]);
});

test("those that come at the same time are one as well", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => post(eventOf("2", { tags: "atonce", data: n }))),
  );
  const stored = await storedWith("atonce");
  expect(stored).toHaveLength(1);
  expect(answers.map(({ status, body }) => [status, body["value"]])).toEqual(answers.map(() => [201, stored[0]]));
});

test("in one batch, and in a batch that comes again with others", async () => {
  const tags = "batch";
  const given = [eventOf("3", { tags }), eventOf("4", { tags }), eventOf("3", { tags, data: 2 })];
  const first = await post(given, batch);
  expect(first.body["count"]).toBe(2);
  const again = await post([...given, eventOf("5", { tags: "batch" })], batch);
  expect(again.body["ids"]).toEqual([...(first.body["ids"] as string[]), expect.any(String)]);
  expect(await storedWith("batch")).toHaveLength(3);
});

test("also when JetStream has forgotten: by source and id, by Idempotency-Key, alone and in batches", async () => {
  const key = { "idempotency-key": "k-1", "content-type": "application/json" };
  const lines = '{"tags":"late","value":1}\n{"tags":"late","value":2}';
  const ndjson = { "idempotency-key": "k-2", "content-type": "application/x-ndjson" };
  const send = async () => [
    await post(eventOf("6", { tags: "late", data: "alone" })),
    await post({ tags: "late", value: "key" }, key),
    await post([eventOf("7", { tags: "late" }), eventOf("8", { tags: "late" })], batch),
    await post(lines, ndjson),
  ];
  const before = await send();
  expect(await storedWith("late")).toHaveLength(6);
  await forgetDuplicates();
  const after = await send();
  expect(after.map(({ status, body }) => [status, body])).toEqual(before.map(({ body }) => [201, body]));
  const more = await post(
    [eventOf("7", { tags: "late" }), eventOf("9", { tags: "late" }), eventOf("8", { tags: "late" })],
    batch,
  );
  expect(more.body["count"]).toBe(3);
  expect(await storedWith("late")).toHaveLength(7);
});

test("code of two workflows, and a person, may use the same source and id for three events", async () => {
  const sent = eventOf("10", { tags: "whose" });
  for (const headers of [{}, asCodeOf("a"), asCodeOf("b"), asCodeOf("a")])
    expect((await post(sent, { "content-type": "application/cloudevents+json", ...headers })).status).toBe(201);
  expect(await storedWith("whose")).toHaveLength(3);
});

test("while the index is away an event that its sender names is refused for now; others are stored", async () => {
  await using other = await startEdge();
  const asked = asking(() => other);
  await other.stopIndex();
  const headers = { "content-type": "application/cloudevents+json" };
  const named = await asked("POST", "/events", { body: eventOf("11"), headers });
  expect([named.status, named.headers]).toMatchObject([503, { "retry-after": "1" }]);
  expect((await asked("POST", "/events", { body: { tags: "a" } })).status).toBe(201);
  expect(other.stored).toHaveLength(1);
});

test("an Idempotency-Key that comes again with another event is refused, and says which event has it", async () => {
  const headers = { "idempotency-key": "k-other", "content-type": "application/json" };
  const first = await post({ tags: "mine", value: { a: 1, b: [2] } }, headers);
  expect((await post({ tags: ["mine"], value: { b: [2], a: 1 } }, headers)).body).toEqual(first.body);
  for (const other of [
    { tags: "mine", value: 2 },
    { tags: "mine", value: { a: 1, b: [2] }, type: "x" },
    { tags: "own" },
  ]) {
    const answer = await post(other, headers);
    expect([answer.status, answer.body["detail"]]).toEqual([422, expect.stringContaining(String(first.body["id"]))]);
  }
  expect(await storedWith("mine")).toHaveLength(1);
});

test("a list under an Idempotency-Key is one list; another list under it is another, stored whole", async () => {
  const headers = { "idempotency-key": "k-list", "content-type": "application/json" };
  const list = [
    { tags: "list", value: 1 },
    { tags: "list", value: 2 },
  ];
  const first = await post(list, headers);
  expect((await post(list, headers)).body).toEqual(first.body);
  expect(await storedWith("list")).toEqual([2, 1]);
  const longer = await post([...list, { tags: "list", value: 3 }], headers);
  expect(longer.body["count"]).toBe(3);
  expect(await storedWith("list")).toEqual([3, 2, 1, 2, 1]);
});

test("a sender's id that several sources gave is answered with the ids of their events", async () => {
  const [one, two] = [await post(eventOf("twice")), await post(eventOf("twice", { source: "/mail" }))];
  for (const path of ["/events/twice", "/events/twice/explanation", "/events/stream?since=twice"]) {
    const { status, body } = await ask("GET", path);
    expect(status, path).toBe(409);
    for (const { body: event } of [one, two])
      expect(body["detail"]).toContain(`${String(event["id"])} (${String(event["source"])})`);
  }
  expect((await ask("GET", `/events/${String(two.body["id"])}`)).body).toEqual(two.body);
});
