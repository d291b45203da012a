import { expect, test } from "vitest";
import { Api, Http, Util } from "../../client/index.ts";
import { Gate } from "../../client/gate.ts";
import { nextAttempt, retryForMaxMs } from "../../client/retry.ts";
import type { Exchange, Request } from "../../client/exchange.ts";
import { startApiServer } from "./api-server.ts";

test("an event that is answered 503 or cut off is sent again with the same idempotency key", async () => {
  await using server = await startApiServer((_, before) => {
    if (before === 0) return { status: 503, headers: { "Retry-After": "0" }, body: "" };
    return before === 1 ? "cut" : { status: 201, body: { id: "1" } };
  });
  expect(await new Api({ host: server.url }).event("tag")).toEqual({ id: "1" });
  const keys = new Set(server.asked.map(({ headers }) => headers["idempotency-key"]));
  expect(server.asked.length).toBe(3);
  expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
});

test("an event is delivered to a server that comes up later", async () => {
  let url: string;
  {
    await using gone = await startApiServer(() => ({ body: {} }));
    url = gone.url;
  }
  const sent = new Api({ host: url }).event("tag").toPromise(Promise);
  await using server = await startApiServer(() => ({ status: 201, body: { id: "1" } }), {
    port: Number(new URL(url).port),
  });
  expect(await sent).toEqual({ id: "1" });
  expect(server.asked.length).toBe(1);
});

test("a POST that is not an event is not sent twice when its connection breaks", async () => {
  await using server = await startApiServer(() => "cut");
  await expect(new Api({ host: server.url }).post("breeds", {})).rejects.toThrow(/POST http.*breeds: /);
  expect(server.asked.length).toBe(1);
});

const get: Request = { method: "GET", url: new URL("http://host/"), headers: {} };
const post: Request = { ...get, method: "POST" };
const event: Request = { ...post, headers: { "Idempotency-Key": "k" } };
const error = new Error("broken");
const status = (code: number, retryAfterMs: number | null = null): Exchange => ({
  kind: "answered",
  status: code,
  retryAfterMs,
  nextCursor: null,
  body: "",
});

test.for<[string, Request, Exchange, number, number | null]>([
  ["an answer is final", post, status(201), 1, null],
  ["so is a refusal", post, status(400), 1, null],
  ["unavailable is tried again", post, status(503), 1, 100],
  ["the server's wish is honoured", post, status(503, 2_000), 1, 2_000],
  ["but not a wish without measure", post, status(503, 3_600_000), 1, 5_000],
  ["the delay grows", get, { kind: "unsent", error }, 4, 800],
  ["up to a limit", get, { kind: "unsent", error }, 50, 5_000],
  ["a broken GET is repeated", get, { kind: "cut", error }, 1, 100],
  ["a broken event too", event, { kind: "cut", error }, 1, 100],
  ["a broken POST is not", post, { kind: "cut", error }, 1, null],
  ["what cannot work is not", get, { kind: "impossible", error }, 1, null],
])("%s", ([, request, last, attempts, delayMs]) => {
  const decision = nextAttempt(request, last, { attempts, elapsedMs: 0, random: 1 });
  expect(decision).toEqual(delayMs === null ? { kind: "done" } : { kind: "again", delayMs });
  expect(nextAttempt(request, last, { attempts, elapsedMs: retryForMaxMs, random: 1 })).toEqual({ kind: "done" });
});

test("a gate lets its number in, makes the next ones wait in order and turns the rest away", async () => {
  const gate = new Gate({ insideMax: 1, waitingMax: 2 });
  const order: number[] = [];
  const first = Promise.withResolvers<void>();
  const passes = [
    gate.pass(async () => first.promise),
    ...[1, 2].map((number) => gate.pass(async () => void order.push(number))),
  ];
  await expect(gate.pass(async () => undefined)).rejects.toThrow("too many calls at once");
  expect(order).toEqual([]);
  first.resolve();
  await Promise.all(passes);
  expect(order).toEqual([1, 2]);
});

test("Http gives the body as text and rejects with the status outside 2xx", async () => {
  await using server = await startApiServer(({ method, body }) =>
    method === "GET" ? { status: 404, body: "nothing here" } : { body: `got ${body}` },
  );
  const http = new Http();
  expect(await http.request(`${server.url}/x`, { method: "POST" }, "data")).toBe("got data");
  await expect(http.get(`${server.url}/x?y=1`)).rejects.toThrow("[404]: nothing here");
  expect(server.asked[1]?.url).toBe("/x?y=1");
});

test("true, yes and 1 are true, everything else is false", () => {
  expect(["yes", " TRUE", "1", 1, true].map(Util().boolean)).toEqual([true, true, true, true, true]);
  expect(["no", "0", "", undefined, null, false].map(Util().boolean)).toEqual(Array(6).fill(false));
});
