// I7: bad input gets one clear answer that names every problem with its path and the fix; nothing is stored.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, yaml } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

type Problems = {
  status: number;
  detail: string;
  problems?: { path: string; expected: string; got: string; fix: string }[];
};

const script = (definition: string) => ({ type: "application/javascript", definition });
const breed = { name: "good", deployable: script("1") };
const workflow = { name: "good", breed: "good", schedule: "daemon" };

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

/** Beside what the controller says of itself. */
async function nothingStored(): Promise<void> {
  for (const path of ["/breeds", "/workflows"]) {
    expect((await call(drover.url, "GET", path)).body, path).toEqual([]);
  }
  const { body } = await call<{ type: string }[]>(drover.url, "GET", "/events");
  expect(body.filter(({ type }) => type !== "controller" && type !== "lead")).toEqual([]);
}

describe("one answer that names the problem, and nothing stored", () => {
  test.each([
    ["YAML that does not parse", "/breeds", "name: [\n  broken", yaml, /line \d+, column \d+/],
    ["JSON that does not parse", "/breeds", '{"name": }', {}, /line 1, column 10/],
    ["an unknown kind", "", { kind: "breeed", name: "x" }, {}, /"breed"/],
    ["a missing kind", "", breed, {}, /kind/],
    [
      "an unknown field, with the nearest known one",
      "/breeds",
      { ...breed, deployabel: {} },
      {},
      /deployabel.*deployable/s,
    ],
    ["a missing name", "/breeds", { deployable: breed.deployable }, {}, /breed\.name/],
    ["a name with spaces", "/breeds", { ...breed, name: "not good" }, {}, /write "not-good"/],
    ["an over-long name", "/breeds", { ...breed, name: "x".repeat(64) }, {}, /63/],
    ["an unknown breed", "/workflows", workflow, {}, /apply the breed first/],
    [
      "an unknown deployable type",
      "/breeds",
      { ...breed, deployable: { type: "text/plain", definition: "1" } },
      {},
      /deployable\.type/,
    ],
    [
      "JavaScript that does not compile, with its line",
      "/breeds",
      { ...breed, deployable: script("var a = 1;\nvar b = ;\n") },
      {},
      /line 2/,
    ],
    [
      "a period that is no duration",
      "/workflows",
      { ...workflow, breed, schedule: { time: { period: "5s" } } },
      {},
      /schedule\.time\.period.*PT5S/,
    ],
    [
      "two schedules in one",
      "/workflows",
      { ...workflow, breed, schedule: { time: "PT5S", event: "a" } },
      {},
      /schedule/,
    ],
    [
      "an image on a schedule",
      "/workflows",
      { ...workflow, breed: { deployable: "busybox:1" }, schedule: { time: "PT5S" } },
      {},
      /schedule.*daemon/,
    ],
    ["a webhook without a key", "/workflows", { ...workflow, breed, schedule: { webhook: {} } }, {}, /webhook\.key/],
    [
      "an impossible cron",
      "/workflows",
      { ...workflow, breed, schedule: { time: "99 * * * *" } },
      {},
      /schedule\.time/,
    ],
    ["a memory that is no size", "/workflows", { ...workflow, breed, scale: { memory: "lots" } }, {}, /scale\.memory/],
    ["negative instances", "/workflows", { ...workflow, breed, scale: { instances: -1 } }, {}, /scale\.instances/],
    ["an event without tags", "/events", { value: 1 }, {}, /event\.tags/],
    ["an event with an empty list of tags", "/events", { tags: [] }, {}, /event\.tags/],
    ["10,000 tags", "/events", { tags: Array.from({ length: 10_000 }, (_, n) => `t${n}`) }, {}, /event\.tags/],
    ["a value over the limit", "/events", { tags: "a", value: "x".repeat(300_000) }, {}, /event\.value/],
    ["an event that is no object", "/events", [], {}, /document|object/],
  ] as const)("%s", async (_, path, body, headers, says) => {
    const answer = await call<Problems>(drover.url, "POST", path, body, headers);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect((answer.body.problems ?? []).flatMap(Object.values).join(" ")).toMatch(says);
    for (const problem of answer.body.problems ?? [])
      expect(problem).toEqual({
        path: expect.any(String),
        expected: expect.any(String),
        got: expect.any(String),
        fix: expect.any(String),
      });
    await nothingStored();
  });

  test("all problems of all documents come in one answer, and the good documents among them are not stored", async () => {
    const documents = [
      "kind: breed\nname: good\ndeployable: busybox",
      "kind: breed\nname: no good\ndeployable: busybox",
      "kind: workflow\nname: w\nbreed: nowhere\nschedule: dayly",
    ];
    const answer = await call<Problems>(drover.url, "POST", "", documents.join("\n---\n"), yaml);
    expect(answer.status).toBe(400);
    expect(answer.body.problems?.map((problem) => problem.path)).toEqual([
      expect.stringContaining("document 2"),
      expect.stringContaining("document 3"),
    ]);
    await nothingStored();
  });

  test("a name in the body that is not the address's is refused as Vamp does", async () => {
    const answer = await call<Problems>(drover.url, "PUT", "/breeds/other", breed);
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining("Inconsistent name") } });
    await nothingStored();
  });

  test("a body of 3 MiB is refused without being read to its end", async () => {
    const answer = await call<Problems>(
      drover.url,
      "POST",
      "/breeds",
      JSON.stringify({ ...breed, metadata: { text: "x".repeat(3 * 1_048_576) } }),
    );
    expect(answer).toMatchObject({ status: 413, body: { detail: expect.stringContaining("1048576 bytes") } });
    await nothingStored();
  });

  test("a status that is none is refused with Vamp's words", async () => {
    const answer = await call<Problems>(drover.url, "PUT", "/workflows/good/status", "dancing");
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("Illegal workflow status: 'dancing'") },
    });
  });

  test("a content type that nothing reads is refused", async () => {
    const answer = await call<Problems>(drover.url, "POST", "/breeds", "<breed/>", {
      "Content-Type": "application/xml",
    });
    expect(answer).toMatchObject({ status: 415, body: { detail: expect.stringContaining("application/x-yaml") } });
  });

  test.each(["page=0", "page=-1", "page=x", "per_page=0", "per_page=1000000000"])("%s is refused", async (query) => {
    expect((await call(drover.url, "GET", `/breeds?${query}`)).status).toBe(400);
    expect((await call(drover.url, "GET", `/events?${query}`)).status).toBe(400);
  });

  test("what is not there is told in the same form", async () => {
    for (const path of [
      "/breeds/none",
      "/workflows/none",
      "/workflows/none/status",
      "/workflows/none/logs",
      "/nothing",
    ]) {
      expect(await call<Problems>(drover.url, "GET", path), path).toMatchObject({
        status: 404,
        body: { status: 404, detail: expect.any(String) },
      });
    }
  });

  test("with validate_only nothing is stored, good or bad", async () => {
    expect((await call(drover.url, "POST", "/breeds?validate_only=true", breed)).status).toBeLessThan(300);
    expect((await call(drover.url, "POST", "/breeds?validate_only=true", { name: "x" })).status).toBe(400);
    await nothingStored();
  });
});
