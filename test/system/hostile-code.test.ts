// Code of a workflow that takes all it can get of its container: it is contained, the run says what became of it, the workflow's next
// run works, and another workflow notices nothing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Hostile, startHostile, why } from "./hostile-setup.ts";

let hostile: Hostile;
beforeAll(async () => {
  hostile = await startHostile();
});
afterAll(() => hostile[Symbol.asyncDispose]());

test("a fork bomb ends at the limit of processes, and what it left is gone before the next run", async () => {
  await hostile.save(
    "forks",
    `const { spawn } = require('child_process');
     let started = 0;
     const more = () => {
       const child = spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'ignore' });
       child.on('error', ({ code }) => { require('vamp-node-client').Api().result({ started, code }); process.exit(); });
       if (child.pid) started += 1;
       setImmediate(more);
     };
     more();`,
  );
  for (let run = 0; run < 2; run += 1) {
    const { started, code } = (await hostile.resultOf("forks")) as { started: number; code: string };
    expect(code).toBe("EAGAIN");
    expect(started).toBeGreaterThan(50);
    expect(started).toBeLessThan(256);
  }
  await hostile.undisturbed();
});

test("a memory bomb beside its runner is killed, and the next run works", async () => {
  await hostile.save(
    "hoard",
    `module.exports = ({ value }) => { const all = []; while (value) all.push(Buffer.alloc(1e7, 1)); return 'fine'; };`,
  );
  expect(await hostile.outcomeOf("hoard", true)).toMatchObject({ kind: "failed", error: { message: /out of memory/ } });
  await hostile.undisturbed();
  expect(await hostile.resultOf("hoard", false)).toBe("fine");
});

test("a disk filler fills its own /tmp, whose end it is told, and finds nowhere else to write", async () => {
  await hostile.save(
    "filler",
    `const fs = require('fs'); ${why}
     const fill = (path) => {
       let bytes = 0;
       try { for (;;) { fs.appendFileSync(path, Buffer.alloc(1048576)); bytes += 1048576; } } catch ({ code }) { return { code, mebibytes: bytes / 1048576 }; } finally { fs.rmSync(path, { force: true }); }
     };
     module.exports = () => ({
       tmp: fill('/tmp/x'), shm: fill('/dev/shm/x'),
       elsewhere: ['/x', '/agent/x', '/etc/x', '/usr/local/bin/x', '/var/x', '/proc/x', '/sys/x', '/dev/x'].map((path) => why(() => fs.writeFileSync(path, 'x'))),
       agent: why(() => fs.appendFileSync('/agent/agent.cjs', 'x')),
     });`,
  );
  const { tmp, shm, elsewhere, agent } = (await hostile.resultOf("filler")) as {
    tmp: { code: string; mebibytes: number };
    shm: { code: string; mebibytes: number };
    elsewhere: string[];
    agent: string;
  };
  expect(tmp).toEqual({ code: "ENOSPC", mebibytes: 64 });
  expect(shm.code).toBe("ENOSPC");
  expect(shm.mebibytes).toBeLessThanOrEqual(16);
  for (const code of [...elsewhere, agent]) expect(code).toMatch(/^(?:EACCES|EROFS|ENOENT|EPERM)$/);
  await hostile.undisturbed();
});

test("a log flood is cut to its limit, what is missing is counted, and the controller stays well", async () => {
  await hostile.save(
    "flood",
    `const line = 'x'.repeat(1000) + '\\n';
     module.exports = () => { for (let n = 0; n < 100000; n += 1) try { require('fs').writeSync(1, line); } catch {} return 'done'; };`,
  );
  const ended = hostile.outcomeOf("flood");
  await hostile.undisturbed();
  expect(await ended).toMatchObject({ kind: "completed", result: "done" });
  type View = { instances: { logLinesDropped: number }[] };
  const view = async () => (await call<View>(hostile.drover.url, "GET", "/workflows/flood")).body;
  const dropped = ({ instances }: View): number => instances[0]?.logLinesDropped ?? 0;
  const seen = await eventually(view, (one) => dropped(one) > 0);
  expect(dropped(seen)).toBeGreaterThan(0);
  const streams = (await call<{ logs: { bytes: number; bytes_max: number } }>(hostile.drover.url, "GET", "/info")).body;
  expect(streams.logs.bytes).toBeLessThan(streams.logs.bytes_max);
});

test("a loop that never ends gets its share of the cores until its time is over", async () => {
  await hostile.save("spin", "module.exports = ({ value }) => { while (value); return 'free'; };", {
    timeout: "PT4S",
    scale: { cpu: 0.2, memory: "192MB" },
  });
  await hostile.resultOf("spin", false);
  const ended = hostile.outcomeOf("spin", true);
  await hostile.undisturbed();
  expect(await ended).toMatchObject({ kind: "timed-out" });
  const containers = await containersOf(hostile.drover.docker, hostile.drover.installation);
  const spinning = containers.find(({ Names }) => Names.some((name) => /-spin-[^.]*$/.test(name)));
  const { HostConfig } = await hostile.drover.docker.getContainer(spinning?.Id ?? "").inspect();
  expect(HostConfig).toMatchObject({ CpuPeriod: 100_000, CpuQuota: 20_000 });
  expect(await hostile.resultOf("spin", false)).toBe("free");
});
