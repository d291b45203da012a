// drover events record and drover breed test, as processes against a stub of the controller.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sse, startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";
import { event } from "./fixtures.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("drover events record", () => {
  test("writes events of the past as a list that is a fixture, oldest first and each once", async () => {
    const body = [event("e-2", { n: 2 }), event("e-1", 1), event("e-1", 1)];
    await using controller = await startController({ "GET /events": { body } });
    const options = ["--tag", "a", "--tag", "b", "--type", "order.*", "--workflow", "w", "--since", "1h"];
    const { code, stdout, stderr } = await drover(["events", "record", ...options], controller);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "drover: 2 events recorded\n" });
    expect(JSON.parse(stdout)).toEqual([event("e-1", 1), event("e-2", { n: 2 })]);
    expect(stdout.split("\n")).toHaveLength(5);
    expect(controller.asked[0]?.request).toBe(
      "GET /api/v1/events?tag=a&tag=b&type=order.*&workflow=w&since=1h&page=1&per_page=100",
    );
  });

  test("writes events to come until there are as many as asked for", async () => {
    await using controller = await startController({
      "GET /events/stream": (response) => {
        const messages = ["e-1", "e-2", "e-3"].map((id) => ({ id, event: "order", data: event(id, 1) }));
        sse(response, messages);
      },
    });
    const { code, stdout } = await drover(["events", "record", "--follow", "--limit", "2"], controller);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([event("e-1", 1), event("e-2", 1)]);
  });

  test("nothing that matches is an empty list; --follow of the past makes no sense", async () => {
    await using controller = await startController({ "GET /events": { body: [] } });
    expect(await drover(["events", "record"], controller)).toMatchObject({
      code: 0,
      stdout: "[]\n",
      stderr: "drover: no events recorded: none was found; a test needs one at least\n",
    });
    expect(await drover(["events", "record", "--follow", "--since", "1h"], controller)).toMatchObject({ code: 2 });
  });
});

describe("drover breed test", () => {
  const tested = (id: string, over: object = {}) => ({
    event: event(id, 1),
    run: `test-1-${id}`,
    outcome: { kind: "completed", exitCode: 0, result: { ok: true } },
    tookMs: 7,
    events: [],
    eventsRefused: 0,
    output: [],
    ...over,
  });
  const answers = (...tests: object[]) => ({ "POST /breeds/b/test": { body: { workflow: null, tests, tookMs: 900 } } });
  const emitted = { ...event("c-1", { n: 1 }), type: "paid", tags: ["order"] };
  const output = [{ at: "T", stream: "stdout", text: "hello" }];

  test("shows what each event led to, and succeeds when all runs completed", async () => {
    await using controller = await startController(
      answers(tested("e-1", { output, events: [emitted] }), tested("e-2")),
    );
    const fixture = await file("two.json", JSON.stringify([event("e-1", 1), event("e-2", 1)]));
    const { code, stdout, stderr } = await drover(["breed", "test", "b", "--event", fixture], controller);
    expect(stdout.split("\n")).toEqual([
      `ok 1  ${event("e-1", 1).type} e-1  completed in 7 ms`,
      "  stdout  hello",
      '  event   paid  order  {"n":1}',
      '  result  {"ok":true}',
      "",
      `ok 2  ${event("e-2", 1).type} e-2  completed in 7 ms`,
      '  result  {"ok":true}',
      "",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "drover: b: 2 events went as expected, in 900 ms\n" });
    expect(JSON.parse(controller.asked[0]?.body ?? "")).toEqual({ events: [event("e-1", 1), event("e-2", 1)] });
  });

  test.each([
    ["a list in JSON", '[{"tags":"a"},{"tags":"b"}]'],
    ["lines of JSON", '{"tags":"a"}\n{"tags":"b"}\n'],
    ["YAML", "- tags: a\n- tags: b\n"],
    ["several documents of YAML", "tags: a\n---\ntags: b\n"],
  ])("a fixture may be %s, and come from standard input", async (_, stdin) => {
    await using controller = await startController(answers(tested("e-1"), tested("e-2")));
    const { code } = await drover(["breed", "test", "b", "--event", "-"], { url: controller.url, stdin });
    expect(code).toBe(0);
    expect(JSON.parse(controller.asked[0]?.body ?? "")).toEqual({ events: [{ tags: "a" }, { tags: "b" }] });
  });

  test("fails with the difference when something is not as expected, in JSON as well", async () => {
    const failed = {
      outcome: { kind: "failed", exitCode: null, error: { message: "boom", stack: "Error: boom\n    at b.js:1" } },
    };
    await using controller = await startController(
      answers(tested("e-1", { events: [emitted] }), tested("e-2", failed)),
    );
    const fixture = await file("two.json", '[{"tags":"a"},{"tags":"b"}]');
    const expected = await file(
      "expected.yml",
      "- events: [{type: paid, value: {n: 2}}]\n- outcome: failed\n  error: bang\n",
    );
    const command = ["breed", "test", "b", "--event", fixture, "--expect", expected];
    const { code, stdout, stderr } = await drover(command, controller);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "drover: b: of 2 events, 2 did not go as expected\n" });
    expect(stdout).toContain("  events[0].value.n:\n    - expected  2\n    + got       1\n");
    expect(stdout).toContain('    at b.js:1\n  error:\n    - expected  "bang"\n    + got       "boom"\n');
    const json = await drover([...command, "--json"], controller);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      breed: "b",
      passed: false,
      tests: [
        { run: "test-1-e-1", mismatches: [{ path: "events[0].value.n", expected: 2, got: 1 }] },
        { mismatches: [{ path: "error", expected: "bang", got: "boom" }] },
      ],
    });
  });

  test("a run that did not complete fails without expectations, and what happened can be written as one", async () => {
    await using controller = await startController(
      answers(tested("e-1", { outcome: { kind: "timed-out", afterMs: 9 } })),
    );
    const fixture = await file("one.yml", "tags: a\n");
    const written = join(folder, "written.json");
    const first = await drover(["breed", "test", "b", "--event", fixture, "--write-expected", written], controller);
    expect(first.code).toBe(1);
    expect(JSON.parse(await readFile(written, "utf8"))).toEqual([{ outcome: "timed-out", events: [] }]);
    expect((await drover(["breed", "test", "b", "--event", fixture, "--expect", written], controller)).code).toBe(0);
  });

  test("sends the edited breed and the workflow of a file", async () => {
    await using controller = await startController(answers(tested("e-1")));
    const fixture = await file("one.yml", "tags: a\n");
    const documents = "kind: breed\nname: b\ndeployable: x\n---\nkind: workflow\nname: w\nbreed: b\n";
    const both = await file("both.yml", documents);
    await drover(["breed", "test", "b", "--event", fixture, "-f", both, "--timeout", "PT5S"], controller);
    await drover(["breed", "test", "b", "--event", fixture, "--workflow", "stored"], controller);
    expect(controller.asked.map(({ body }): unknown => JSON.parse(body))).toEqual([
      {
        events: [{ tags: "a" }],
        breed: { kind: "breed", name: "b", deployable: "x" },
        workflow: { kind: "workflow", name: "w", breed: "b" },
        timeout: "PT5S",
      },
      { events: [{ tags: "a" }], workflow: "stored" },
    ]);
  });

  test("what is wrong with a file is said of the file", async () => {
    const problems = [{ path: "body.workflow.breed.deployable.definition", expected: "x", got: "y", fix: "z" }];
    await using controller = await startController({ "POST /breeds/b/test": { status: 400, body: { problems } } });
    const fixture = await file("one.yml", "tags: a\n");
    const edited = await file("edited.yml", "kind: workflow\nname: b\nbreed: {deployable: x}\n");
    expect(await drover(["breed", "test", "b", "--event", fixture, "-f", edited], controller)).toMatchObject({
      code: 2,
      stderr: `drover: ${edited}: workflow.breed.deployable.definition: expected x, got y; z\n`,
    });
  });

  test("says in which workflow a breed was found that is written inside one", async () => {
    const body = { workflow: "shop", tests: [tested("e-1")], tookMs: 900 };
    await using controller = await startController({ "POST /breeds/b/test": { body } });
    const { code, stderr } = await drover(
      ["breed", "test", "b", "--event", await file("one.yml", "tags: a\n")],
      controller,
    );
    expect(code).toBe(0);
    expect(stderr).toContain("drover: no breed is called b; tested was the one written in workflow shop\n");
  });

  test("a fixture without events tests nothing", async () => {
    const fixture = await file("empty.json", "[]\n");
    expect(await drover(["breed", "test", "b", "--event", fixture], { url: "http://127.0.0.1:9" })).toMatchObject({
      code: 2,
      stderr: `drover: ${fixture}: the fixture holds no events; record some that there are\n`,
    });
  });

  test("what is not tested ends with 2: refused, nobody there, files that are wrong", async () => {
    const problems = [{ path: "body.events[0].tags", expected: "at least one tag", got: "nothing", fix: "add one" }];
    await using controller = await startController({ "POST /breeds/b/test": { status: 400, body: { problems } } });
    const fixture = await file("one.yml", "tags: a\n");
    const run = (...more: string[]) => drover(["breed", "test", "b", ...more], controller);
    expect(await run("--event", fixture)).toMatchObject({
      code: 2,
      stderr: "drover: events[0].tags: expected at least one tag, got nothing; add one\n",
    });
    expect(await drover(["breed", "test", "b", "--event", fixture], { url: "http://127.0.0.1:9" })).toMatchObject({
      code: 2,
    });
    expect(await run()).toMatchObject({ code: 2 });
    expect(await run("--event", join(folder, "missing"))).toMatchObject({ code: 2 });
    expect(await run("--event", await file("broken.json", "[{]"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("broken.json: line 1, column 3"),
    });
    expect(await run("--event", fixture, "-f", join(folder, "missing"))).toMatchObject({ code: 2 });
    const other = await file("other.yml", "kind: breed\nname: other\n");
    expect(await run("--event", fixture, "-f", other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("got other"),
    });
    const short = await file("short.yml", "- outcome: failed\n- outcome: failed\n");
    expect(await run("--event", fixture, "--expect", short)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("an entry for each of the 1 events of the fixture, got 2"),
    });
    const wrong = await file("wrong.yml", "- outcome: done\n");
    expect(await run("--event", fixture, "--expect", wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected[0].outcome"),
    });
  });
});
