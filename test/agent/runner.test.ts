import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../agent/clock.ts";
import type { AgentOptions } from "../../agent/options.ts";
import type { RunOutput } from "../../agent/output.ts";
import { boot } from "../../agent/runner.ts";
import type { Limits } from "../../agent/runner-call.ts";
import type { Outcome } from "../../model/run.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 5 };

const root = join(import.meta.dirname, "../..");
const isRoot = process.getuid?.() === 0;
const options: AgentOptions = {
  runnerPath: join(root, "agent/runner-main.ts"),
  modulesDir: join(root, "node_modules"),
  userUid: isRoot ? 1000 : null,
  ownsUser: false,
};

/** What the script wrote so far, and a way to wait until it wrote something. */
function recorder(): RunOutput & { text: string; until(part: string): Promise<void> } {
  let wake = (): void => {};
  const add = (chunk: Buffer): void => {
    recorded.text += chunk.toString();
    wake();
  };
  const recorded = {
    text: "",
    stdout: add,
    stderr: add,
    end: () => {},
    async until(part: string) {
      while (!recorded.text.includes(part)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
  return recorded;
}

async function execute(source: string, limits: Partial<Limits> & { environment?: Record<string, string> } = {}) {
  const output = recorder();
  const { environment = {}, ...rest } = limits;
  const signal = new AbortController().signal;
  const outcome = await boot(options, environment, systemClock).execute({ name: "hello", source }, output, {
    timeoutMs: 0,
    stopGraceMs: 5_000,
    signal,
    ...rest,
  });
  return { outcome, text: output.text };
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("a script that ends is completed, and its last line needs no newline", async () => {
  const { outcome, text } = await execute(`process.stdout.write("one\\ntwo")`);
  expect(outcome).toEqual({ kind: "completed", exitCode: 0 });
  expect(text).toBe("one\ntwo");
});

test("a script is a CommonJS main module under a name of its own, and finds the modules it is given", async () => {
  const { text } = await execute(`
    console.log(JSON.stringify([require.main === module, __filename, process.argv, typeof require("highland")]));
    import("highland").then((m) => console.log(typeof m.default));
  `);
  expect(text).toBe(`[true,"/workflow/hello.js",["node","/workflow/hello.js"],"function"]\nfunction\n`);
});

test("a daemon may export what it likes", async () => {
  const { outcome } = await execute("exports.start = () => {}; module.exports.settings = {};");
  expect(outcome).toEqual({ kind: "completed", exitCode: 0 });
});

test("a script cannot require other files, and is told so", async () => {
  const { outcome } = await execute(`require("./other")`);
  expect(outcome).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("'./other' cannot be loaded; put its code into") },
  });
});

test("an uncaught error is a failure with its message and the line of the script", async () => {
  const { outcome, text } = await execute(`\n\nthrow new TypeError("no such luck");`);
  expect(outcome).toMatchObject({ kind: "failed", exitCode: 1 });
  const error = outcome.kind === "failed" ? outcome.error : null;
  expect(error?.message).toBe("no such luck");
  expect(error?.stack).toMatch(/^TypeError: no such luck\n    at .*\/workflow\/hello.js:3:7/);
  expect(text).toContain("/workflow/hello.js:3\n");
});

test("a script that does not compile is a failure that names the line", async () => {
  const { outcome } = await execute(`var ok = 1;\nvar = 2;`);
  expect(outcome).toMatchObject({
    kind: "failed",
    error: { stack: expect.stringContaining("/workflow/hello.js:2\n") },
  });
});

test.each([
  { source: "process.exit(7)", outcome: { kind: "failed", exitCode: 7, error: { message: "ended with exit code 7" } } },
  {
    source: `process.kill(process.pid, "SIGKILL")`,
    outcome: { kind: "failed", exitCode: null, signal: "SIGKILL", error: { message: "killed by SIGKILL" } },
  },
])("$source ends as $outcome.error.message", async ({ source, outcome: expected }) => {
  expect((await execute(source)).outcome).toEqual(expected);
});

test("user code sees the given environment, not the agent's uid, and what it forks has no channel to the agent", async () => {
  process.env["OF_THE_AGENT"] = "secret";
  const { text } = await execute(
    `const look = "try { console.log(require('fs').fstatSync(3).isSocket()) } catch { console.log(false) }";
     const channel = require("child_process").execFileSync(process.execPath, ["-e", look], { encoding: "utf8" }).trim();
     console.log(JSON.stringify([process.env, typeof process.send, process.getuid(), channel]))`,
    { environment: { ONLY: "this" } },
  );
  delete process.env["OF_THE_AGENT"];
  expect(JSON.parse(text)).toEqual([{ ONLY: "this" }, "undefined", isRoot ? 1000 : process.getuid?.(), "false"]);
});

test("a script over its time limit is ended and timed out", async () => {
  const { outcome } = await execute(`setInterval(() => {}, 1000)`, { timeoutMs: 300 });
  expect(outcome).toEqual({ kind: "timed-out", afterMs: 300 });
});

test("a script that is stopped may end in its own way", async () => {
  const output = recorder();
  const stop = new AbortController();
  const source = `process.on("SIGTERM", () => { console.log("goodbye"); process.exit(0); }); setInterval(() => {}, 1000); console.log("ready")`;
  const ended = boot(options, {}, systemClock).execute({ name: "hello", source }, output, {
    timeoutMs: 0,
    stopGraceMs: 30_000,
    signal: stop.signal,
  });
  await output.until("ready");
  stop.abort("asked");
  expect(await ended).toEqual<Outcome>({ kind: "stopped", reason: "asked" });
  expect(output.text).toContain("goodbye");
});

test("a script that ignores SIGTERM, and what it forked, are killed when the grace is over", async () => {
  const output = recorder();
  const stop = new AbortController();
  const source = `
    process.on("SIGTERM", () => console.log("ignored"));
    const child = require("child_process").spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('child')"], { stdio: "inherit" });
    setInterval(() => {}, 1000);
    console.log("pids " + process.pid + " " + child.pid + " ");`;
  const ended = boot(options, {}, systemClock).execute({ name: "hello", source }, output, {
    timeoutMs: 0,
    stopGraceMs: 200,
    signal: stop.signal,
  });
  await output.until("child\n");
  stop.abort("asked");
  expect(await ended).toEqual<Outcome>({ kind: "stopped", reason: "asked" });
  expect(output.text).toContain("ignored");
  const pids = /pids (\d+) (\d+) /.exec(output.text);
  await expect.poll(() => [isAlive(Number(pids?.[1])), isAlive(Number(pids?.[2]))], soon).toEqual([false, false]);
});

test("a forked child does not outlive a script that ended by itself", async () => {
  const { outcome, text } = await execute(`
    const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    child.unref();
    child.once("spawn", () => console.log(child.pid));`);
  expect(outcome).toEqual({ kind: "completed", exitCode: 0 });
  await expect.poll(() => isAlive(Number(text)), soon).toBe(false);
});

test.runIf(isRoot)("where the agent owns the uid, a child that left the process group is found as well", async () => {
  // A uid that nobody else uses, as in a container.
  const owned = { ...options, userUid: 54_321, ownsUser: true };
  const output = recorder();
  const source = `
    const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
    child.unref();
    child.once("spawn", () => console.log(child.pid));`;
  const signal = new AbortController().signal;
  const outcome = await boot(owned, {}, systemClock).execute({ name: "hello", source }, output, {
    timeoutMs: 0,
    stopGraceMs: 0,
    signal,
  });
  expect(outcome).toEqual({ kind: "completed", exitCode: 0 });
  await expect.poll(() => isAlive(Number(output.text)), soon).toBe(false);
});

test("a runner that cannot be started is a failure that says why", async () => {
  const { outcome } = await execute("", { environment: { HUGE: "x".repeat(4 * 1024 * 1024) } });
  expect(outcome).toMatchObject({
    kind: "failed",
    exitCode: null,
    error: { message: expect.stringMatching(/could not be started: .*E2BIG/) },
  });
});
