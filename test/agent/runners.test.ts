// Which runner executes which run, and what waits for the next one.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "../../model/run.ts";
import {
  type Pool,
  type RunnerFolder,
  bundledRunner,
  childrenOf,
  isRoot,
  limitsWith,
  ownUid,
  recorder,
  runToExecute,
  startPool,
} from "./runner-setup.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 5 };
const fine: Outcome = { kind: "completed", exitCode: 0 };

let folder: RunnerFolder;
beforeAll(async () => {
  folder = await bundledRunner();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function resultOf(pool: Pool, value: unknown = null): Promise<unknown> {
  const { outcome, text } = await pool.run(value);
  if (outcome.kind !== "completed") throw new Error(`${JSON.stringify(outcome)}\n${text}`);
  return outcome.result;
}

test("a script finds its run and the event that set it off, and the result that it gave last is the run's", async () => {
  await using pool = startPool(
    folder.options,
    `const vamp = require("vamp-node-client"); const api = new vamp.Api();
     vamp.result("first"); setTimeout(() => api.result([vamp.run, api.run === vamp.run]), 5);`,
  );
  const run = runToExecute({ order: 1 }, { trigger: "time", slot: "2030-01-01T00:00:00.000Z", attempt: 2, hops: 4 });
  expect(await pool.runners.execute(run, recorder(), limitsWith())).toEqual({
    kind: "completed",
    exitCode: 0,
    result: [
      {
        id: "r-1",
        workflow: "hello",
        attempt: 2,
        trigger: "time",
        slot: "2030-01-01T00:00:00.000Z",
        replay: null,
        cause: "e-1",
        hops: 4,
        revision: 7,
        event: run.event,
      },
      true,
    ],
  });
});

test("every run of a script gets a fresh process, whose end is the run's; what was taken back is no result", async () => {
  await using pool = startPool(
    folder.options,
    `const api = require("vamp-node-client").Api(); globalThis.runs = (globalThis.runs ?? 0) + 1;
     api.result([process.pid, runs]); if (api.run.event.value) api.result(undefined);`,
  );
  const [first, second] = [await resultOf(pool), await resultOf(pool)] as [number[], number[]];
  expect([first[1], second[1]]).toEqual([1, 1]);
  expect(first[0]).not.toBe(second[0]);
  expect((await pool.run(true)).outcome).toEqual(fine);
});

test("a result that cannot be kept throws where it is given, and the script may go on", async () => {
  await using pool = startPool(
    folder.options,
    `const api = require("vamp-node-client").Api(); const circle = {}; circle.circle = circle; const told = [];
     for (const value of [1n, circle, () => 1, "x".repeat(70_000)]) try { api.result(value) } catch (error) { told.push(error.message) }
     api.result(told);`,
  );
  expect(await resultOf(pool)).toEqual([
    expect.stringContaining(
      "this cannot be the result of a run: it is not JSON: Do not know how to serialize a BigInt",
    ),
    expect.stringContaining("this cannot be the result of a run: it is not JSON: Converting circular structure"),
    "this cannot be the result of a run: it is not JSON: a function",
    expect.stringMatching(/it takes 70002 bytes as JSON, and at most 65536 are kept; emit events for more$/),
  ]);
});

test.each([
  { what: "an exit code that it sets", source: "process.exitCode = 3", code: 3 },
  {
    what: "an exit code that it sets at the end",
    source: `process.on("exit", () => { process.exitCode = 4 })`,
    code: 4,
  },
  { what: "process.exit", source: "setTimeout(() => process.exit(5), 1)", code: 5 },
])("a script fails by $what, also when it has given a result", async ({ source, code }) => {
  await using pool = startPool(folder.options, `require("vamp-node-client").result(1); ${source}`);
  expect((await pool.run()).outcome).toEqual({
    kind: "failed",
    exitCode: code,
    error: { message: `ended with exit code ${code}` },
  });
});

test("an error that a script throws in a timer, and a promise that nobody catches, fail the run with message and stack", async () => {
  await using pool = startPool(
    folder.options,
    `const { value } = require("vamp-node-client").run.event;
     if (value === "timer") setTimeout(() => { throw new TypeError("in a timer") }, 1); else Promise.reject(new Error("uncaught"));`,
  );
  for (const [value, message, name] of [
    ["timer", "in a timer", "TypeError"],
    ["promise", "uncaught", "Error"],
  ]) {
    const { outcome, text } = await pool.run(value);
    expect(outcome).toEqual({
      kind: "failed",
      exitCode: 1,
      error: {
        message,
        stack: expect.stringMatching(new RegExp(`^${name}: ${message}\n    at .*/workflow/hello.js:2`)),
      },
    });
    expect(text).toContain(`${name}: ${message}`);
  }
});

test("an error that a script catches at the process is not its end", async () => {
  await using pool = startPool(
    folder.options,
    `process.on("uncaughtException", () => process.exit(9)); setTimeout(() => { throw new Error("caught") }, 1);`,
  );
  expect((await pool.run()).outcome).toMatchObject({ exitCode: 9, error: { message: "ended with exit code 9" } });
});

test("one runner waits, booted and with its modules loaded, before a run comes and after it", async () => {
  await using pool = startPool(
    folder.options,
    `require("vamp-node-client").result([process.pid, Object.keys(require.cache).length]); setTimeout(() => {}, 100)`,
  );
  pool.runners.warm();
  pool.runners.warm();
  const waiting = childrenOf(process.pid);
  expect(waiting).toHaveLength(1);
  const [pid, modules] = (await resultOf(pool)) as [number, number];
  expect(waiting).toEqual([pid]);
  expect(modules).toBeGreaterThanOrEqual(2);
  await expect.poll(() => childrenOf(process.pid).length, soon).toBeGreaterThan(0);
  const [next] = (await resultOf(pool)) as [number, number];
  expect(next).not.toBe(pid);
});

test("once handlers stand for all runs at the same time, nothing waits", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = async () => { await new Promise((resolve) => setTimeout(resolve, 100)); return process.pid; };`,
    { concurrency: 2 },
  );
  pool.runners.warm();
  const [one, two] = await Promise.all([resultOf(pool), resultOf(pool)]);
  expect(one).not.toBe(two);
  await expect.poll(() => new Set(childrenOf(process.pid)), soon).toEqual(new Set([one, two]));
  expect([one, two]).toContain(await resultOf(pool));
});

test.runIf(isRoot)("runs at the same time have different uids, one after the other the same", async () => {
  const source = `module.exports = async ({ value }) => { await new Promise((resolve) => setTimeout(resolve, value)); return process.getuid(); };`;
  await using pool = startPool(folder.options, source, { concurrency: 3 });
  const uids = await Promise.all([resultOf(pool, 100), resultOf(pool, 100), resultOf(pool, 100)]);
  expect(new Set(uids).size).toBe(3);
  expect(Math.min(...(uids as number[]))).toBe(ownUid);
  await using alone = startPool(folder.options, `require("vamp-node-client").result(process.getuid())`);
  expect([await resultOf(alone), await resultOf(alone), await resultOf(alone)]).toEqual([ownUid, ownUid, ownUid]);
});

test("an agent for a single use boots one runner and no other", async () => {
  await using pool = startPool(folder.options, `setTimeout(() => {}, 200)`, { singleUse: true });
  pool.runners.warm();
  const running = pool.run();
  await expect.poll(() => childrenOf(process.pid).length, soon).toBe(1);
  expect((await running).outcome).toEqual(fine);
  expect(childrenOf(process.pid)).toEqual([]);
});

test("closing ends handlers in their own way, and what waits at once", async () => {
  const pool = startPool(
    folder.options,
    `process.on("SIGTERM", () => { console.log("goodbye"); process.exit() }); module.exports = () => {};`,
    { concurrency: 2 },
  );
  const output = recorder();
  expect(await pool.runners.execute(runToExecute(), output, limitsWith())).toEqual(fine);
  await pool.runners.close();
  expect(childrenOf(process.pid)).toEqual([]);
  expect(output.text).toBe("goodbye\n");
});

test("a runner that cannot boot fails each run with the reason, and is not booted again and again", async () => {
  await using pool = startPool(folder.options, "", { environment: { NODE_OPTIONS: "--no-such-option" } });
  for (let run = 0; run < 2; run += 1) {
    expect((await pool.run()).outcome).toMatchObject({
      kind: "failed",
      exitCode: 9,
      error: { message: expect.stringContaining("--no-such-option is not allowed in NODE_OPTIONS") },
    });
  }
});

test("the kernel is told to end user code before the agent when memory runs out", async () => {
  await using pool = startPool(
    folder.options,
    `require("vamp-node-client").result(require("fs").readFileSync("/proc/self/oom_score_adj", "utf8").trim())`,
  );
  expect(await resultOf(pool)).toBe("1000");
});
