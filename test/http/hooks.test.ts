// Webhooks: who may call them, what becomes of a body, and that a repeat is the same run.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runIdOf } from "../../controller/runs/run-id.ts";
import { type Edge, asCodeOf, startEdge, workflow } from "./edge.ts";

const hook = { name: "shop", schedule: { webhook: { key: "github" } } };
let edge: Edge;
let key: string;

beforeAll(async () => {
  edge = await startEdge(
    workflow(hook),
    workflow({ ...hook, name: "asleep" }, { status: "suspended" }),
    workflow({ name: "hourly", schedule: { time: "PT1H" } }),
  );
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});
beforeEach(async () => {
  key = await valueOfKey("github");
});

async function valueOfKey(name: string): Promise<string> {
  const created = await edge.keys.create(name, { by: "local", replace: true });
  if (created.kind !== "created") throw new Error(created.kind);
  return created.value;
}

async function post(
  path: string,
  { headers = {}, body = "" }: { headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: { event: string; run: string; detail: string }; headers: object }> {
  const answer = await edge.app.inject({ method: "POST", url: path, headers, payload: body });
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
}

const json = { "content-type": "application/json" };

describe("who may call", () => {
  test("the key is taken from the header or from the query, and the answer names event and run", async () => {
    for (const answer of [
      await post("/hooks/shop", { headers: { "x-api-key": key } }),
      await post(`/hooks/shop?x-api-key=${key}`),
    ]) {
      expect(answer.status).toBe(202);
      const stored = edge.stored.find((event) => event.id === answer.body.event);
      expect(stored).toMatchObject({ type: "webhook", source: "/hooks/shop", tags: ["webhook", "webhook:shop"] });
      expect(answer.body.run).toBe(runIdOf("shop", answer.body.event));
    }
  });

  test("without a key that is known nobody learns whether the workflow exists, and the body is not read", async () => {
    const tooLarge = "x".repeat(2_000_000);
    const answers = [
      await post("/hooks/shop", { body: tooLarge }),
      await post("/hooks/none", { body: tooLarge }),
      await post("/hooks/shop", { headers: { "x-api-key": "" } }),
      await post("/hooks/hourly"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(new Set(answers.map(({ body }) => body.detail.replace("a key that does not exist", "no key"))).size).toBe(1);
    const wrong = await post("/hooks/shop", { headers: { "x-api-key": `${key}x` } });
    expect(wrong).toMatchObject({
      status: 401,
      headers: { "www-authenticate": expect.stringContaining("x-api-key") },
      body: { detail: expect.stringContaining("drover key create") },
    });
  });

  test("the key of another workflow is refused with 403, and a workflow without a webhook is not there", async () => {
    const headers = { "x-api-key": await valueOfKey("gitlab") };
    expect(await post("/hooks/shop", { headers })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining("gitlab") },
    });
    expect((await post("/hooks/none", { headers })).status).toBe(404);
    expect((await post("/hooks/hourly", { headers })).status).toBe(404);
  });

  test("a deleted or replaced key opens nothing any more", async () => {
    const before = key;
    key = await valueOfKey("github");
    expect((await post("/hooks/shop", { headers: { "x-api-key": before } })).status).toBe(401);
    await edge.keys.remove("github", "local");
    expect((await post("/hooks/shop", { headers: { "x-api-key": key } })).status).toBe(401);
  });

  test("servers may call under any host name; a page on another site and code of a workflow may not", async () => {
    const headers = { "x-api-key": key };
    expect((await post("/hooks/shop", { headers: { ...headers, host: "hooks.example.com" } })).status).toBe(202);
    const pages: Record<string, string>[] = [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }];
    for (const page of pages)
      expect((await post("/hooks/shop", { headers: { ...headers, ...page } })).status).toBe(403);
    expect((await post("/hooks/shop", { headers: { ...headers, ...asCodeOf("shop") } })).status).toBe(403);
    const elsewhere = await edge.app.inject({ url: "/api/v1/keys", headers: { host: "hooks.example.com" } });
    expect(elsewhere.statusCode).toBe(403);
  });

  test("a suspended workflow's webhook is accepted: that its run is skipped is for the triggers to record", async () => {
    const answer = await post("/hooks/asleep", { headers: { "x-api-key": key } });
    expect(answer.status).toBe(202);
    expect(edge.stored.map(({ id }) => id)).toContain(answer.body.event);
  });

  test("the key is in no event, no answer and no log line, also when the address is wrong", async () => {
    const answers = [
      await post(`/hooks/shop?x-api-key=${key}`, { body: "{", headers: json }),
      await post(`/hooks/shop/more?x-api-key=${key}`),
      await post(`/hooks/shop?x-api-key=${key}`, { headers: { "idempotency-key": "x".repeat(201) } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 400]);
    expect(JSON.stringify([answers, edge.stored, edge.log])).not.toContain(key);
  });
});

describe("the value of a webhook", () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  test.each([
    ["JSON by its content type", json, '{"n":[1]}', { n: [1] }],
    ["JSON of a kind", { "content-type": "application/cloudevents+json; charset=utf-8" }, "[1]", [1]],
    ["null, which is JSON", json, "null", null],
    ["a form, as text", form, "a=1&b=2", "a=1&b=2"],
    ["text that looks like JSON but is not called so", { "content-type": "text/plain" }, "{1", "{1"],
    ["no content type, as text", {}, "hello", "hello"],
    ["nothing", json, "", ""],
  ] as const)("is %s", async (_, headers, body, value) => {
    const answer = await post("/hooks/shop", { headers: { ...headers, "x-api-key": key }, body });
    expect(answer.status).toBe(202);
    expect(edge.stored.find((event) => event.id === answer.body.event)?.value).toEqual(value);
  });

  test.each([
    ["JSON that cannot be read, with its place", 400, '{"a": }', /line 1, column 7/],
    ["JSON that is too deep", 400, "[".repeat(70) + "]".repeat(70), /body\.value.*plainer/],
    ["JSON that is too deep to be written down again", 400, "[".repeat(400_000) + "]".repeat(400_000), /plainer/],
    ["more than an event may carry", 413, JSON.stringify("x".repeat(262_144)), /262146 bytes.*262144/],
    ["more than a request may carry", 413, JSON.stringify("x".repeat(1_048_576)), /1048576 bytes/],
  ] as const)("is refused when it is %s", async (_, status, body, says) => {
    const before = edge.stored.length;
    const answer = await post("/hooks/shop", { headers: { ...json, "x-api-key": key }, body });
    expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(says) } });
    expect(edge.stored).toHaveLength(before);
  });
});

describe("a repeat under one Idempotency-Key", () => {
  test("is the same event and run, also when the stream would take it again", async () => {
    const headers = { "x-api-key": key, "idempotency-key": "delivery-1" };
    const first = await post("/hooks/shop", { headers, body: "one" });
    const before = edge.stored.length;
    const again = await post("/hooks/shop", { headers, body: "one" });
    expect(again.body).toEqual(first.body);
    expect(edge.stored).toHaveLength(before);
  });

  test("at another workflow is another run", async () => {
    const headers = { "x-api-key": key, "idempotency-key": "delivery-2" };
    const [one, other] = [await post("/hooks/shop", { headers }), await post("/hooks/asleep", { headers })];
    expect(one.body.run).not.toBe(other.body.run);
  });
});
