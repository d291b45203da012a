// Handlers: modules that export a function, called for run after run in one process.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunnerFolder, bundledRunner, limitsWith, recorder, runToExecute, startPool } from "./runner-setup.ts";

let folder: RunnerFolder;
beforeAll(async () => {
  folder = await bundledRunner();
});
afterAll(() => folder[Symbol.asyncDispose]());

test("a handler is called with the whole event and its context, and what it returns is the result", async () => {
  await using pool = startPool(folder.options, `module.exports = (event, context) => ({ event, context });`);
  const run = runToExecute({ order: 1 }, { id: "r-9", attempt: 2, hops: 3, slot: null });
  const outcome = await pool.runners.execute(run, recorder(), limitsWith());
  expect(outcome).toEqual({
    kind: "completed",
    exitCode: 0,
    result: {
      event: run.event,
      context: {
        run: "r-9",
        workflow: "hello",
        attempt: 2,
        trigger: "event",
        slot: null,
        replay: null,
        cause: "e-1",
        hops: 3,
        revision: 7,
      },
    },
  });
});

test("the code is loaded once, and every run gets its own event and result", async () => {
  await using pool = startPool(
    folder.options,
    `let calls = 0; module.exports = async ({ value }) => [process.pid, ++calls, value];`,
  );
  const first = await pool.run("a");
  const [pid] = first.outcome.kind === "completed" ? (first.outcome.result as number[]) : [];
  for (let call = 2; call < 50; call += 1) {
    expect((await pool.run(call)).outcome).toEqual({ kind: "completed", exitCode: 0, result: [pid, call, call] });
  }
});

test("an event of 250 kB reaches a handler whole, and a result of 64 kB comes back", async () => {
  await using pool = startPool(folder.options, `module.exports = ({ value }) => value.slice(0, 65_534);`);
  await pool.run("");
  const { outcome } = await pool.run("ä".repeat(125_000));
  expect(outcome).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("131070 bytes as JSON") },
  });
  expect((await pool.run("x".repeat(250_000))).outcome).toEqual({
    kind: "completed",
    exitCode: 0,
    result: "x".repeat(65_534),
  });
});

test("what a handler writes belongs to the run that it was called for, and is there when the run is over", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = async ({ value }) => { console.log("out " + value); console.error("err " + value); };`,
  );
  for (let call = 0; call < 200; call += 1) {
    const { text } = await pool.run(call);
    expect(text.split("\n").toSorted()).toEqual(["", `err ${call}`, `out ${call}`]);
  }
});

test("an error of a handler fails the run with message and stack, and the process stays", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = async ({ value }) => { if (value) throw new RangeError("no " + value); return process.pid; };`,
  );
  const before = await pool.run(0);
  expect((await pool.run("luck")).outcome).toEqual({
    kind: "failed",
    exitCode: null,
    error: {
      message: "no luck",
      stack: expect.stringMatching(/^RangeError: no luck\n    at .*\/workflow\/hello\.js:1/),
    },
  });
  expect(await pool.run(0)).toEqual(before);
});

const inVain =
  "it exports an object; a handler is module.exports = async (event, context) => …; a script exports nothing";

test.each([
  { what: "exports.handler", source: `exports.handler = async () => 1;` },
  { what: "a compiled default export", source: `exports.__esModule = true; exports.default = () => 1;` },
  { what: "an object with a function", source: `module.exports = { run() {} };` },
  { what: "an object of values", source: `module.exports = { retries: 3 };` },
  {
    what: "exports.handler, and catches all errors,",
    source: `process.on("uncaughtException", () => {}); exports.a = () => 1;`,
  },
])("a module with $what is no handler and no script: its run fails and says so", async ({ source }) => {
  await using pool = startPool(folder.options, source);
  const { outcome, text } = await pool.run();
  expect(outcome).toEqual({ kind: "failed", exitCode: 1, error: { message: inVain } });
  expect(text).toBe(`${inVain}\n`);
});

test.each([
  { what: "nothing", source: `module.exports = {}; console.log("it ran");` },
  { what: "values, as scripts may that were modules once,", source: `exports.version = 1; console.log("it ran");` },
])("a script that exports $what runs as a script", async ({ source }) => {
  await using pool = startPool(folder.options, source);
  expect(await pool.run()).toEqual({ outcome: { kind: "completed", exitCode: 0 }, text: "it ran\n" });
});

test.each([
  { what: "a text", thrown: `"plain"`, message: "plain" },
  { what: "nothing", thrown: "undefined", message: "undefined" },
  { what: "an object", thrown: `{ code: 7 }`, message: `{"code":7}` },
  {
    what: "an error that throws when it is looked at",
    thrown: `Object.defineProperty(new Error(), "message", { get() { throw 1 } })`,
    message: "an error that cannot be looked at was thrown",
  },
  { what: "an error with a message without end", thrown: `new Error("x".repeat(1e6))`, message: "x".repeat(8_192) },
])("a handler may throw $what", async ({ thrown, message }) => {
  await using pool = startPool(folder.options, `module.exports = () => { throw ${thrown}; };`);
  const { outcome } = await pool.run();
  expect(outcome).toMatchObject({ kind: "failed", exitCode: null, error: { message } });
});

test.each([
  { what: "a BigInt", value: "1n", message: "it is not JSON: Do not know how to serialize a BigInt" },
  {
    what: "a circle",
    value: "(() => { const a = {}; a.a = a; return a; })()",
    message: "it is not JSON: Converting circular",
  },
  { what: "a function", value: "() => 1", message: "it is not JSON: a function" },
  {
    what: "70,000 characters",
    value: `"x".repeat(70_000)`,
    message: "it takes 70002 bytes as JSON, and at most 65536 are kept",
  },
  {
    what: "a hundred arrays in each other",
    value: "(() => { let a = []; for (let i = 0; i < 100; i++) a = [a]; return a; })()",
    message: "it has more than 64 levels",
  },
])("$what is no result: the run fails with the reason, and the handler stays usable", async ({ value, message }) => {
  await using pool = startPool(folder.options, `module.exports = (event) => event.value ? process.pid : ${value};`);
  const before = await pool.run(1);
  expect((await pool.run(0)).outcome).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining(`this cannot be the result of a run: ${message}`) },
  });
  expect(await pool.run(1)).toEqual(before);
});

test("a handler that returns nothing has no result, and process.exitCode means nothing to it", async () => {
  await using pool = startPool(folder.options, `module.exports = () => { process.exitCode = 3; };`);
  expect((await pool.run()).outcome).toEqual({ kind: "completed", exitCode: 0 });
  expect((await pool.run()).outcome).toEqual({ kind: "completed", exitCode: 0 });
});

test("an event that a handler sends without waiting for it is sent before its run is over", async () => {
  const { startApiServer } = await import("../client/api-server.ts");
  await using server = await startApiServer(() => ({ status: 201, body: { id: "1" } }));
  await using pool = startPool(
    folder.options,
    `const { Api } = require("vamp-node-client"); const api = new Api();
     module.exports = ({ value }) => { api.event("hello", value); };`,
    { environment: { VAMP_URL: server.url } },
  );
  for (let call = 1; call <= 3; call += 1) {
    await pool.runners.execute(runToExecute(call, { id: `r-${call}` }), recorder(), limitsWith());
    expect(server.asked.map(({ headers }) => headers["x-drover-run"])).toHaveLength(call);
  }
  expect(server.asked.map(({ headers }) => headers["x-drover-run"])).toEqual(["r-1", "r-2", "r-3"]);
});

test("vamp-node-client knows the run of each call, and a handler's result is what it returns", async () => {
  await using pool = startPool(
    folder.options,
    `const vamp = require("vamp-node-client"); const api = new vamp.Api();
     module.exports = () => {
       try { api.result(1); } catch (error) { return [vamp.run.id, api.run.event.value, error.message]; }
     };`,
  );
  for (const id of ["r-1", "r-2"]) {
    const outcome = await pool.runners.execute(runToExecute(id, { id }), recorder(), limitsWith());
    expect(outcome).toMatchObject({ result: [id, id, "the result of a handler is what it returns"] });
  }
});
