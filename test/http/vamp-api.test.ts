// Vamp's REST surface, as VAMP's own users know it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StoredEvent, call, follow, yaml } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

describe("breeds", () => {
  test("a deployable that is plain text is an image, and reading shows every field with its default", async () => {
    expect((await call(drover.url, "POST", "/breeds", { name: "plain", deployable: "busybox:1" })).status).toBe(201);
    expect((await call(drover.url, "GET", "/breeds/plain")).body).toEqual({
      kind: "breed",
      name: "plain",
      metadata: {},
      deployable: { type: "container/docker", definition: "busybox:1" },
      ports: {},
      environment_variables: {},
      constants: {},
      arguments: [],
      dependencies: {},
    });
  });

  test("a JavaScript body is a breed of its own", async () => {
    const answer = await call(drover.url, "PUT", "/breeds/script", "console.log(1)\n", {
      "Content-Type": "application/javascript",
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { name: "script", deployable: { type: "application/javascript", definition: "console.log(1)\n" } },
    });
  });

  test("YAML goes both ways, and what is read can be written back unchanged", async () => {
    const read = await call<string>(drover.url, "GET", "/breeds/script", undefined, { Accept: "application/x-yaml" });
    expect(read.headers.get("content-type")).toContain("application/x-yaml");
    expect(read.body).toContain("definition: |");
    expect((await call(drover.url, "PUT", "/breeds/script", read.body, yaml)).status).toBe(200);
    const { body } = await call<StoredEvent[]>(drover.url, "GET", "/events?tag=breeds:script&tag=archive");
    expect(body.map((event) => event.tags)).toEqual([["breeds", "breeds:script", "archive", "archive:create"]]);
  });

  test("deletion is idempotent and an event", async () => {
    for (let i = 0; i < 2; i++) expect((await call(drover.url, "DELETE", "/breeds/script")).status).toBe(204);
    const { body } = await call<StoredEvent[]>(drover.url, "GET", "/events?tag=breeds:script&tag=archive:delete");
    expect(body).toHaveLength(1);
  });
});

describe("pages", () => {
  test("count from 1, carry the total and links, and are empty past the end", async () => {
    for (let n = 0; n < 5; n++) await call(drover.url, "PUT", `/breeds/page-${n}`, { deployable: "busybox:1" });
    const answer = await call<{ name: string }[]>(drover.url, "GET", "/breeds?page=2&per_page=2");
    expect(answer.body).toHaveLength(2);
    expect(answer.headers.get("x-total-count")).toBe("6");
    const links = answer.headers.get("link") ?? "";
    for (const rel of ["first", "prev", "next", "last"]) expect(links).toContain(`rel=${rel}`);
    expect((await call(drover.url, "GET", "/breeds?page=9")).body).toEqual([]);
  });
});

describe("many at once", () => {
  test("documents of both kinds, singular or plural, are stored and deleted together", async () => {
    const documents =
      'kind: workflow\nname: many\nbreed: many\nschedule: {time: PT1H}\n---\nkind: breeds\nname: many\ndeployable: {type: application/javascript, definition: "1"}\n';
    const saved = await call(drover.url, "PUT", "", documents, yaml);
    expect(saved.body).toEqual([
      { kind: "breed", name: "many", action: "created", revision: 1, redeployed: false, warnings: [] },
      { kind: "workflow", name: "many", action: "created", revision: 1, redeployed: false, warnings: [] },
    ]);
    expect(
      (await call<{ action: string }[]>(drover.url, "PUT", "", documents, yaml)).body.map((one) => one.action),
    ).toEqual(["unchanged", "unchanged"]);
    const removed = await call<{ kind: string; action: string }[]>(drover.url, "DELETE", "", documents, yaml);
    expect(removed.body.map(({ kind, action }) => [kind, action])).toEqual([
      ["workflow", "deleted"],
      ["breed", "deleted"],
    ]);
  });
});

describe("workflows", () => {
  test("what is read shows every rule of its runs, and can be written back unchanged", async () => {
    const breed = { deployable: { type: "application/javascript", definition: "1" } };
    await call(drover.url, "PUT", "/workflows/round", { breed, schedule: "manual", timeout: "PT5M", concurrency: 2 });
    const read = await call(drover.url, "GET", "/workflows/round");
    expect(read.body).toMatchObject({
      concurrency: 2,
      retry: { times: 0 },
      timeout: "PT5M",
      isolation: "process",
      keep_warm: "PT5M",
      queue: { queued: 0, started: 0 },
      last_run: null,
      next_slot: null,
      revision: 1,
    });
    expect(await call(drover.url, "PUT", "/workflows/round", read.body)).toMatchObject({
      status: 200,
      body: { revision: 1 },
    });
  });
});

describe("warnings", () => {
  test("a webhook whose key does not exist yet is stored with the command that makes it, until there is one", async () => {
    const breed = { deployable: { type: "application/javascript", definition: "1" } };
    const hooked = { kind: "workflow", name: "hooked", breed, schedule: { webhook: { key: "shop" } } };
    const warningsOf = async (): Promise<unknown> =>
      (await call<{ warnings: string[] }[]>(drover.url, "PUT", "", hooked)).body.map((one) => one.warnings);
    expect(await warningsOf()).toEqual([["there is no key shop: drover key create shop"]]);
    expect((await call(drover.url, "POST", "/keys", { name: "shop" })).status).toBe(201);
    expect(await warningsOf()).toEqual([[]]);
  });

  test("a time schedule whose slots are all in the past is stored with that word", async () => {
    const breed = { deployable: { type: "application/javascript", definition: "1" } };
    const schedule = { time: { period: "PT1H", start: "2020-01-01T00:00:00Z", repeat: 3 } };
    const late = { kind: "workflow", name: "late", breed, schedule };
    const said = "its schedule is over, no slot is due any more";
    const applied = await call<{ warnings: string[] }[]>(drover.url, "PUT", "", late);
    expect(applied.body.map((one) => one.warnings)).toEqual([[said]]);
    expect(await call(drover.url, "PUT", "/workflows/late", late)).toMatchObject({
      body: { next_slot: null, message: said },
    });
  });
});

describe("events", () => {
  test("are stored with their tags expanded, one tag may be text, and the answer is the stored event", async () => {
    const { status, body } = await call<StoredEvent>(drover.url, "POST", "/events", {
      tags: "color:red",
      value: { n: 1 },
      type: "paint",
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      source: "/api",
      type: "paint",
      tags: ["color:red", "color"],
      value: { n: 1 },
      timestamp: expect.stringMatching(/Z$/),
    });
    expect((await call(drover.url, "GET", "/events?tag=color&tag=color:red&type=paint")).body).toEqual([body]);
    expect((await call(drover.url, "GET", "/events?tag=color&type=other")).body).toEqual([]);
  });

  test("a query sees what was accepted before it, newest first", async () => {
    for (let n = 0; n < 50; n++) {
      await call(drover.url, "POST", "/events", { tags: "order", value: n });
      const { body } = await call<StoredEvent[]>(drover.url, "GET", "/events?tag=order&per_page=1");
      expect(body[0]?.value).toBe(n);
    }
  });

  test("are asked for, and computed over, by a body as Vamp documents it", async () => {
    for (const ms of [10, 20, 60]) {
      await call(drover.url, "POST", "/events", {
        tags: ["gateways:web", "metrics:rate"],
        type: "rate",
        value: { ms },
      });
    }
    const query = { tags: ["gateways:web", "metrics"], type: "rate", timestamp: { gte: "now-10m", lte: "now" } };
    const events = await call<StoredEvent[]>(drover.url, "POST", "/events/get?page=1&per_page=2", query);
    expect(events.body.map(({ value }) => value)).toEqual([{ ms: 60 }, { ms: 20 }]);
    expect(events.headers.get("x-total-count")).toBe("3");
    for (const [type, value] of Object.entries({ average: 30, min: 10, max: 60, sum: 90, count: 3 })) {
      const aggregator = { type, field: "ms" };
      expect(await call(drover.url, "POST", "/events/get", { ...query, aggregator })).toMatchObject({
        status: 200,
        body: { value },
      });
    }
    const count = { ...query, aggregator: { type: "count" } };
    expect((await call(drover.url, "POST", "/events/get", count)).body).toMatchObject({ value: 3 });
  });

  test("a repeated request with one Idempotency-Key is one event", async () => {
    const send = () => call<StoredEvent>(drover.url, "POST", "/events", { tags: "once" }, { "Idempotency-Key": "k-1" });
    expect((await send()).body.id).toBe((await send()).body.id);
    const { headers } = await call(drover.url, "GET", "/events?tag=once");
    expect(headers.get("x-total-count")).toBe("1");
  });

  test("a tail that comes back with the last id misses nothing and sees nothing twice", async () => {
    await using tail = await follow(drover.url, "?tag=resume");
    for (let n = 0; n < 3; n++) await call(drover.url, "POST", "/events", { tags: "resume", value: n });
    await tail.until((event) => event.value === 2);
    const lastId = tail.ids.at(0) ?? "";
    for (let n = 3; n < 200; n++) void call(drover.url, "POST", "/events", { tags: "resume", value: n });
    await using again = await follow(drover.url, "?tag=resume", { "Last-Event-ID": lastId });
    await again.count(199);
    expect(new Set(again.seen.map((event) => event.value))).toEqual(
      new Set(Array.from({ length: 199 }, (_, n) => n + 1)),
    );
    expect(again.seen).toHaveLength(199);
  });
});

describe("the rest", () => {
  test("info, config, gateways, deployments and the probes answer", async () => {
    expect((await call(drover.url, "GET", "/info")).body).toMatchObject({
      version: expect.any(String),
      runtime: "docker",
    });
    expect((await call(drover.url, "GET", "/config?flatten=true")).body).toMatchObject({ "drover.runtime": "docker" });
    expect((await call(drover.url, "GET", "/config")).body).toMatchObject({ drover: { runtime: "docker" } });
    expect((await call(drover.url, "GET", "/gateways?page=1")).body).toEqual([]);
    expect((await call(drover.url, "GET", "/deployments?page=1")).body).toEqual([]);
    for (const probe of ["healthz", "readyz"]) expect((await fetch(`${drover.url}/${probe}`)).status).toBe(200);
  });

  test("a namespace in front of the path, as Vamp's client writes it, is the same API", async () => {
    expect((await fetch(`${drover.url}/vamp/api/v1/info`)).status).toBe(200);
  });

  test("a JSON request without a body, as Vamp's client sends with DELETE, is no error", async () => {
    expect(
      (
        await call(drover.url, "DELETE", "/workflows/none", "", {
          "Content-Type": "application/json",
          Authorization: "token",
        })
      ).status,
    ).toBe(204);
  });
});
