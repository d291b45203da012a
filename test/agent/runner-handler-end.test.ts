// Handlers that do not answer: their runs end all the same, and the next run finds a handler that does.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type RunnerFolder,
  bundledRunner,
  isAlive,
  limitsWith,
  recorder,
  runToExecute,
  startPool,
} from "./runner-setup.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 5 };

let folder: RunnerFolder;
beforeAll(async () => {
  folder = await bundledRunner();
});
afterAll(() => folder[Symbol.asyncDispose]());

test("a thenable that throws is an error of the handler", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = () => ({ then() { throw new Error("no promise"); } });`,
  );
  expect((await pool.run()).outcome).toMatchObject({
    kind: "failed",
    exitCode: null,
    error: { message: "no promise" },
  });
});

test("a handler that never answers is ended at the time limit, and the next run gets a fresh process", async () => {
  await using pool = startPool(
    folder.options,
    `process.on("SIGTERM", () => {});
     module.exports = ({ value }) => value === "hang" ? new Promise(() => {}) : process.pid;`,
  );
  const before = await pool.run();
  expect((await pool.run("hang", { timeoutMs: 200, stopGraceMs: 100 })).outcome).toEqual({
    kind: "timed-out",
    afterMs: 200,
  });
  const after = await pool.run(null, { stopGraceMs: 100 });
  expect(after.outcome).toMatchObject({ kind: "completed", result: expect.any(Number) });
  expect(after).not.toEqual(before);
});

test("a handler that never gives the processor back is ended as well", async () => {
  await using pool = startPool(folder.options, `module.exports = ({ value }) => { while (value) {} };`);
  await pool.run(false);
  expect((await pool.run(true, { timeoutMs: 200, stopGraceMs: 100 })).outcome).toMatchObject({ kind: "timed-out" });
  expect((await pool.run(false)).outcome).toMatchObject({ kind: "completed" });
});

test("a run of a handler can be stopped", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = () => { console.log("in"); return new Promise(() => {}); };`,
  );
  const stop = new AbortController();
  const output = recorder();
  const ended = pool.runners.execute(runToExecute(), output, limitsWith({ signal: stop.signal }));
  await output.until("in");
  stop.abort("asked");
  expect(await ended).toEqual({ kind: "stopped", reason: "asked" });
});

test("a handler that ends its process fails the run, and the next run gets a fresh process", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = ({ value }) => value === null ? "fine" : process.exit(value);`,
  );
  for (const code of [3, 0]) {
    expect((await pool.run(code)).outcome).toEqual({
      kind: "failed",
      exitCode: code,
      error: { message: `the handler's process ended with exit code ${code} before it answered` },
    });
    expect((await pool.run()).outcome).toMatchObject({ kind: "completed", result: "fine" });
  }
});

test("an error that a handler throws in a timer fails its run, as Node has it: the process ends", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = () => new Promise(() => setTimeout(() => { throw new Error("too late"); }, 1));`,
  );
  const { outcome, text } = await pool.run();
  expect(outcome).toEqual({
    kind: "failed",
    exitCode: 1,
    error: { message: "too late", stack: expect.stringContaining("/workflow/hello.js:1") },
  });
  expect(text).toContain("Error: too late");
});

test("a handler that dies between two runs is replaced, and neither run hears of it", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = () => { setTimeout(() => process.kill(process.pid, "SIGKILL"), 20); return process.pid; };`,
  );
  const pids = new Set<unknown>();
  for (let call = 0; call < 4; call += 1) {
    const { outcome } = await pool.run();
    expect(outcome.kind).toBe("completed");
    const pid = outcome.kind === "completed" ? Number(outcome.result) : 0;
    pids.add(pid);
    await expect.poll(() => isAlive(pid), soon).toBe(false);
  }
  expect(pids.size).toBe(4);
});
