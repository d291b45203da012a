// User code that breaks what it can: the run ends with an outcome that says so, and the agent and the next run are none the worse.
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "../../model/run.ts";
import {
  type RunnerFolder,
  bundledRunner,
  childrenOf,
  isAlive,
  isRoot,
  limitsWith,
  ownUid,
  processesOf,
  recorder,
  runToExecute,
  startPool,
} from "./runner-setup.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 5 };
const fine: Outcome = { kind: "completed", exitCode: 0 };
const brokeTheRules = expect.stringContaining("file descriptor 3 of the process belongs to Drover");

let folder: RunnerFolder;
beforeAll(async () => {
  folder = await bundledRunner();
});
afterAll(() => folder[Symbol.asyncDispose]());

test("a script that writes garbage to file descriptor 3 fails", async () => {
  await using pool = startPool(
    folder.options,
    `require("fs").writeSync(3, "hello world\\n"); setInterval(() => {}, 1000);`,
  );
  expect((await pool.run()).outcome).toMatchObject({ kind: "failed", error: { message: brokeTheRules } });
});

test.each([
  { what: "an answer before it was asked", json: `{"kind":"answered"}` },
  { what: "an unknown word", json: `{"kind":"please"}` },
  { what: "a value deeper than events may be", json: `{"kind":"result","value":${"[".repeat(100)}${"]".repeat(100)}}` },
])("a script that speaks as the runner and says $what fails", async ({ json }) => {
  await using pool = startPool(
    folder.options,
    `const json = ${JSON.stringify(json)}; const head = Buffer.alloc(4); head.writeUInt32BE(json.length);
     require("fs").writeSync(3, Buffer.concat([head, Buffer.from(json)])); setInterval(() => {}, 1000);`,
  );
  expect((await pool.run()).outcome).toMatchObject({ kind: "failed", error: { message: brokeTheRules } });
});

test("a handler that writes garbage between two runs is replaced", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = ({ value }) => { if (value) setImmediate(() => require("fs").writeSync(3, "garbage!")); return process.pid; };`,
  );
  const { outcome } = await pool.run(true);
  const pid = outcome.kind === "completed" ? Number(outcome.result) : 0;
  await expect.poll(() => isAlive(pid), soon).toBe(false);
  expect((await pool.run(false)).outcome).toMatchObject({ kind: "completed" });
});

test("a script that closes file descriptor 3 goes on without it, and its error is what it wrote last", async () => {
  await using pool = startPool(folder.options, `require("fs").closeSync(3); console.log("still here");`);
  expect(await pool.run()).toEqual({ outcome: fine, text: "still here\n" });
  await using failing = startPool(folder.options, `require("fs").closeSync(3); throw new Error("unheard");`);
  expect((await failing.run()).outcome).toMatchObject({
    kind: "failed",
    exitCode: 1,
    error: { message: expect.stringContaining("Error: unheard") },
  });
});

test("a handler that closes file descriptor 3 fails, and the next run gets a fresh process", async () => {
  await using pool = startPool(
    folder.options,
    `module.exports = ({ value }) => { if (value) require("fs").closeSync(3); return value ? new Promise(() => {}) : 1; };`,
  );
  expect((await pool.run(true)).outcome).toMatchObject({ kind: "failed" });
  expect((await pool.run(false)).outcome).toMatchObject({ kind: "completed" });
});

test("a handler that replaces what the language offers still answers", async () => {
  await using pool = startPool(
    folder.options,
    `JSON.parse = JSON.stringify = Promise = Buffer = () => { throw new Error("mine"); };
     Object.prototype.toJSON = () => "mine"; process.exit = process.on = null;
     Promise.prototype = null; Array.prototype.push = null; globalThis.process = null; globalThis.Error = null;
     module.exports = async ({ value }) => value;`,
  );
  for (const value of ["a", "b"]) expect((await pool.run(value)).outcome).toEqual({ ...fine, result: value });
});

test("a script that replaces what the language offers still gives its result", async () => {
  await using pool = startPool(
    folder.options,
    `const api = require("vamp-node-client").Api(); JSON.stringify = JSON.parse = () => { throw new Error("mine"); };
     globalThis.Buffer = null; api.result({ a: 1 });`,
  );
  expect((await pool.run()).outcome).toMatchObject({ kind: "completed", exitCode: 0, result: { a: 1 } });
});

test("a gigabyte of output is read to its end, and the agent keeps none of it", async () => {
  await using pool = startPool(
    folder.options,
    `const line = Buffer.alloc(1024 * 1024, "x"); line[line.length - 1] = 10;
     for (let i = 0; i < 1024; i++) for (let at = 0; at < line.length; ) try { at += require("fs").writeSync(1, line, at); } catch {}`,
  );
  let bytes = 0;
  let peak = 0;
  const before = process.memoryUsage().rss;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const outcome = await pool.runners.execute(runToExecute(), { stdout: count, stderr: count, end() {} }, limitsWith());
  expect(outcome).toEqual(fine);
  expect(bytes).toBe(1024 ** 3);
  expect(peak - before).toBeLessThan(200 * 1024 ** 2);
});

test("results that never stop coming are read, and the last one counts", async () => {
  await using pool = startPool(
    folder.options,
    `const api = require("vamp-node-client").Api(); for (let i = 0; i <= 20_000; i++) api.result({ i, fill: "x".repeat(1000) });`,
  );
  expect((await pool.run()).outcome).toMatchObject({ result: { i: 20_000 } });
});

test("a script that fills Node's heap fails and is told to ask for more memory", async () => {
  await using pool = startPool(
    folder.options,
    `const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length));`,
    {
      environment: { NODE_OPTIONS: "--max-old-space-size=30" },
    },
  );
  const { outcome } = await pool.run();
  expect(outcome).toMatchObject({
    kind: "failed",
    signal: "SIGABRT",
    error: { message: "killed: out of memory; raise scale.memory of the workflow" },
  });
});

test("what a script forked, which ignores SIGTERM, does not outlive the script's time limit", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const connected = once(server, "connection");
  const child = `process.on("SIGTERM", () => {}); require("net").connect(${port}, "127.0.0.1"); setInterval(() => {}, 1000);`;
  await using pool = startPool(
    folder.options,
    `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
     require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" });`,
  );
  const stop = new AbortController();
  const ended = pool.runners.execute(runToExecute(), recorder(), limitsWith({ stopGraceMs: 100, signal: stop.signal }));
  const [socket] = await connected;
  stop.abort("enough");
  const closed = once(socket, "close");
  socket.on("error", () => {}).resume();
  expect(await ended).toEqual({ kind: "stopped", reason: "enough" });
  await closed;
  server.close();
});

test.runIf(isRoot)(
  "a child that left the process group is found; runners that wait under the same uid are spared",
  async () => {
    await using pool = startPool(
      folder.options,
      `const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
     child.unref(); child.once("spawn", () => console.log(child.pid));`,
    );
    pool.runners.warm();
    for (let run = 0; run < 3; run += 1) {
      const { outcome, text } = await pool.run();
      expect(outcome).toEqual(fine);
      await expect.poll(() => isAlive(Number(text)), soon).toBe(false);
      await expect.poll(() => processesOf(ownUid).length, soon).toBeGreaterThan(0);
    }
  },
);

test("a waiting runner that was killed is replaced, and the run that would have had it does not notice", async () => {
  await using pool = startPool(folder.options, `console.log(process.pid)`);
  await pool.run();
  for (let run = 0; run < 3; run += 1) {
    await expect.poll(() => childrenOf(process.pid).length, soon).toBeGreaterThan(0);
    for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
    expect((await pool.run()).outcome).toEqual(fine);
  }
});
