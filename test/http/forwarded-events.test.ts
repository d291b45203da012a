// Events of user code that its agent forwards: batches, and YAML. Whose they are is what the agent says, and nothing else.
import { afterAll, beforeAll, expect, test } from "vitest";
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

const origin = { run: "r-1", cause: "e-1", hops: 3 };
const stored = () => edge.stored.map(({ source, run, cause, hops }) => ({ source, run, cause, hops }));

test.each<[string, string, unknown]>([
  ["a list", "application/json", [{ tags: "a" }, { tags: "b" }]],
  ["lines", "application/x-ndjson", '{"tags":"a"}\n{"tags":"b"}'],
  ["YAML", "application/x-yaml", "- tags: a\n- tags: b"],
  [
    "CloudEvents",
    "application/cloudevents-batch+json",
    ["1", "2"].map((id) => ({ specversion: "1.0", id, source: "/controller", type: "t", runid: "r-9", hops: 0 })),
  ],
])("%s belongs to the run that sent it, so the limit of hops holds (I10)", async (_, contentType, body) => {
  const before = edge.stored.length;
  const headers = { "content-type": contentType, ...asCodeOf("hello", origin) };
  const answer = await ask("POST", "/events", { body, headers });
  expect(answer).toMatchObject({ status: 201, body: { count: 2 } });
  const own = { source: "/workflows/hello", ...origin };
  expect(stored().slice(before)).toEqual([own, own]);
});

test("an event of a type that the history believes is refused in a batch, too, and nothing of it is stored", async () => {
  const before = edge.stored.length;
  for (const type of ["run", "slot"]) {
    const headers = asCodeOf("hello", origin);
    const answer = await ask("POST", "/events", { body: [{ tags: "a" }, { tags: "a", type }], headers });
    expect(answer.status).toBe(400);
    expect(answer.body["detail"]).toContain("event 2.type: expected a type of your own");
  }
  expect(edge.stored).toHaveLength(before);
});

test("a person's word about a run is nothing", async () => {
  const said = encodeURIComponent(JSON.stringify(origin));
  const headers = { "x-drover-origin": said, "x-drover-workflow": "hello", "x-drover-forwarded": "x" };
  const { body } = await ask("POST", "/events", { body: { tags: "a" }, headers });
  expect(body).toStrictEqual({
    id: body["id"],
    source: "/api",
    type: "event",
    tags: ["a"],
    value: "",
    timestamp: body["timestamp"],
  });
});
