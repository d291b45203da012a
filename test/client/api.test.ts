import highland from "highland";
import { expect, test } from "vitest";
import { Api } from "../../client/index.ts";
import { paged, startApiServer } from "./api-server.ts";

const three = ["a", "b", "c"].map((name) => ({ name }));

test("a list is read page by page until the empty page, item by item", async () => {
  await using server = await startApiServer(paged({ "/api/v1/workflows": three }));
  const names = await new Promise((resolve) => {
    new Api({ host: server.url }).get("workflows").pluck("name").toArray(resolve);
  });
  expect(names).toEqual(["a", "b", "c"]);
  expect(server.asked.map(({ url }) => url)).toEqual([1, 2, 3].map((page) => `/api/v1/workflows?page=${page}`));
});

test("a GET asks nothing before it is read, and only the pages that are needed", async () => {
  await using server = await startApiServer(paged({ "/api/v1/workflows": three }));
  const stream = Api({ host: server.url }).workflows();
  expect(server.asked).toEqual([]);
  const found = await stream.find(({ name }) => name === "a").toPromise(Promise);
  expect(found).toEqual({ name: "a" });
  expect(server.asked.length).toBe(1);
});

test("await gives the array of a list and the value of anything else", async () => {
  await using server = await startApiServer(
    paged({ "/api/v1/workflows": three, "/api/v1/info": { message: "hi" }, "/api/v1/gateways": [] }),
  );
  const api = new Api({ host: server.url });
  expect(await api.get("/workflows")).toEqual(three);
  expect(await api.get("info")).toEqual({ message: "hi" });
  expect(await api.gateways()).toEqual([]);
});

test("for await walks a list, and can stop early", async () => {
  await using server = await startApiServer(paged({ "/api/v1/workflows": three }));
  const seen: string[] = [];
  for await (const workflow of new Api({ host: server.url }).workflows()) {
    seen.push(workflow.name);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual(["a", "b"]);
  expect(server.asked.length).toBe(1);
});

test("an answer that was read as a stream can still be awaited, and returned from an async function", async () => {
  await using server = await startApiServer(paged({ "/api/v1/workflows": three }));
  const api = new Api({ host: server.url });
  const answer = api.workflows();
  const streamed = await answer.collect().toPromise(Promise);
  expect(await answer).toEqual(streamed);
  const passedOn = await (async () => answer)();
  expect(passedOn).toEqual(three);
  expect(server.asked.length).toBe(3);
});

test("Highland takes an answer for a stream of its own inside flatMap", async () => {
  await using server = await startApiServer(paged({ "/api/v1/a": [1, 2], "/api/v1/b": { b: 3 } }));
  const api = new Api({ host: server.url });
  const all = highland(["a", "b"])
    .flatMap((path) => api.get(path))
    .collect();
  expect(await all.toPromise(Promise)).toEqual([1, 2, { b: 3 }]);
});

test("a GET is remembered whole per path and query, and readers at the same time share its requests", async () => {
  await using server = await startApiServer(paged({ "/api/v1/workflows": three, "/api/v1/config": { a: 1 } }));
  const api = new Api({ host: server.url });
  await Promise.all([api.workflows(), api.workflows(), api.workflows().collect().toPromise(Promise)]);
  expect(await api.workflows()).toEqual(three);
  expect(server.asked.length).toBe(3);
  await api.config();
  await api.get("config");
  await api.config();
  expect(server.asked.slice(3).map(({ url }) => url)).toEqual([
    "/api/v1/config?page=1&flatten=true",
    "/api/v1/config?page=1",
  ]);
});

test("force and cache: false ask anew; so does a read after a write to the path or below it", async () => {
  await using server = await startApiServer(paged({ "/api/v1/info": { a: 1 }, "/api/v1/workflows": three }));
  const api = new Api({ host: server.url });
  await api.info();
  await api.info(true);
  expect(server.asked.length).toBe(2);
  const uncached = new Api({ host: server.url, cache: false });
  await uncached.info();
  await uncached.info();
  expect(server.asked.length).toBe(4);
  await api.workflows();
  await api.put("workflows/a", {}).catch(() => null);
  await api.workflows();
  expect(server.asked.length).toBe(4 + 3 + 1 + 3);
});

test("a failed GET names the status, and is not remembered", async () => {
  await using server = await startApiServer((_, before) => (before === 0 ? { status: 500, body: "no" } : { body: {} }));
  const api = new Api({ host: server.url });
  await expect(api.info().toPromise(Promise)).rejects.toThrow("[500]: no");
  expect(await api.info()).toEqual({});
});

test("an errors handler of Highland gets the failure", async () => {
  await using server = await startApiServer(() => ({ status: 404, body: "gone" }));
  const message = await new Promise((resolve) => {
    new Api({ host: server.url })
      .get("breeds/x")
      .errors((error) => resolve(error.message))
      .each(() => resolve("an item"));
  });
  expect(message).toBe("[404]: gone");
});

test("writes carry the published headers and body, and answer parsed JSON or else text", async () => {
  await using server = await startApiServer(({ method }) => ({ body: method === "PUT" ? "plain" : { id: "1" } }));
  const api = new Api({ host: server.url, token: "t", namespace: "a b" });
  expect(api.url).toBe(`${server.url}/a%20b/api/v1`);
  expect(await api.event("tag", { n: 1 })).toEqual({ id: "1" });
  expect(await api.put("/breeds/x", { name: "x" })).toBe("plain");
  expect(await api.delete("breeds/x")).toEqual({ id: "1" });
  const [event, put, remove] = server.asked;
  expect(event).toMatchObject({ method: "POST", url: "/a%20b/api/v1/events" });
  expect(JSON.parse(event?.body ?? "")).toEqual({
    tags: "tag",
    value: { n: 1 },
    type: "event",
    timestamp: expect.any(String),
  });
  expect(event?.headers).toMatchObject({ authorization: "token t", "content-type": "application/json" });
  expect(put).toMatchObject({ method: "PUT", url: "/a%20b/api/v1/breeds/x", body: '{"name":"x"}' });
  expect(remove).toMatchObject({ method: "DELETE", body: "" });
});

test("events asks with every tag and the type, and is never remembered", async () => {
  await using server = await startApiServer(paged({ "/api/v1/events": [{ id: "1" }] }));
  const api = new Api({ host: server.url });
  await api.events({ tags: ["a:b", "c"], type: "t" });
  await api.events({ tags: ["a:b", "c"], type: "t" });
  const urls = server.asked.map(({ url }) => url);
  expect(urls.length).toBe(4);
  expect(urls[0]).toBe("/api/v1/events?page=1&tag=a%3Ab&tag=c&type=t");
});

test("a list is read on by the cursor that its server gives, so that what is added meanwhile shifts nothing", async () => {
  await using server = await startApiServer(({ url }) => {
    const cursor = new URL(url, "http://server").searchParams.get("cursor");
    if (cursor === "b/2") return { body: [] };
    const [name, next] = cursor === null ? ["a", "a/1"] : ["b", "b/2"];
    return { headers: { "X-Next-Cursor": next }, body: [{ name }] };
  });
  expect(await new Api({ host: server.url }).events({ tags: "t" })).toEqual([{ name: "a" }, { name: "b" }]);
  expect(server.asked.map(({ url }) => url)).toEqual([
    "/api/v1/events?page=1&tag=t",
    "/api/v1/events?cursor=a%2F1&tag=t",
    "/api/v1/events?cursor=b%2F2&tag=t",
  ]);
});

test("namify gives the values of a map with their keys as names", async () => {
  const named = new Api({ host: "http://127.0.0.1:1" }).namify({ a: { n: 1 }, b: { n: 2 } });
  expect(await named.collect().toPromise(Promise)).toEqual([
    { n: 1, name: "a" },
    { n: 2, name: "b" },
  ]);
});
