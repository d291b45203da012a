// Code of a workflow that turns against what is in its container beside it: its agent, its client, files, and other runs.
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, follow } from "../api.ts";
import { type Hostile, startHostile, why } from "./hostile-setup.ts";

let hostile: Hostile;
beforeAll(async () => {
  hostile = await startHostile();
});
afterAll(() => hostile[Symbol.asyncDispose]());

const look = `const fs = require('fs'); ${why}
    const all = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map(Number);
    const roots = all.filter((pid) => { try { return /^Uid:\\s+0\\s/m.test(fs.readFileSync('/proc/' + pid + '/status', 'utf8')); } catch { return false; } });`;

test("reads nothing of the agent's processes: no environment, memory, files, and no credential anywhere", async () => {
  await hostile.save(
    "reader",
    `${look}
       const paths = ['environ', 'mem', 'maps', 'fd', 'fdinfo', 'root/etc/passwd', 'cwd/agent', 'auxv', 'stack', 'syscall', 'io'];
       module.exports = () => ({
         roots: roots.length,
         read: roots.flatMap((pid) => paths.map((path) => path + ' ' + why(() => path.startsWith('fd') ? fs.readdirSync('/proc/' + pid + '/' + path) : fs.readFileSync('/proc/' + pid + '/' + path)))),
         stdin: roots.map((pid) => why(() => fs.readFileSync('/proc/' + pid + '/fd/0'))),
         attach: roots.map((pid) => why(() => fs.writeFileSync('/proc/' + pid + '/mem', 'x'))),
         uid: process.getuid(), groups: process.getgroups(),
         capabilities: /CapBnd:\\s+(\\S+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
         effective: /CapEff:\\s+(\\S+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
         privileges: /NoNewPrivs:\\s+(\\S+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
         seccomp: /Seccomp:\\s+(\\S+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
         core: /Max core file size\\s+(\\S+)\\s+(\\S+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8')).slice(1),
         file: /Max file size\\s+(\\S+)\\s+(\\S+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8')).slice(1),
         credentials: Object.entries(process.env).filter(([name, value]) => /nats|jwt|seed|cred|key/i.test(name + value)),
         root: why(() => process.setuid(0)),
       });`,
  );
  const seen = (await hostile.resultOf("reader")) as Record<string, unknown> & { read: string[]; roots: number };
  expect(seen.roots).toBeGreaterThanOrEqual(2);
  for (const answer of seen.read) expect(answer).toMatch(/ (?:EACCES|EPERM|ENOENT)$/);
  for (const answer of [...(seen["stdin"] as string[]), ...(seen["attach"] as string[])])
    expect(answer).toMatch(/^(?:EACCES|EPERM)$/);
  expect(seen).toMatchObject({
    uid: 1_000,
    effective: "0000000000000000",
    privileges: "1",
    seccomp: "2",
    core: ["0", "0"],
    file: ["1073741824", "1073741824"],
    credentials: [],
    root: "EPERM",
  });
  expect(seen["groups"]).not.toContain(0);
});

test("ends nothing but itself, whatever it signals", async () => {
  await hostile.save(
    "killer",
    `${look}
       module.exports = ({ value }) => {
         if (value === 'all') process.kill(-1, 'SIGKILL');
         return roots.flatMap((pid) => ['SIGKILL', 'SIGSTOP', 'SIGTERM'].map((signal) => why(() => process.kill(pid, signal))));
       };`,
  );
  const told = (await hostile.resultOf("killer", "agent")) as string[];
  expect(new Set(told)).toEqual(new Set(["EPERM"]));
  const before = await instancesOf("killer");
  expect(await hostile.outcomeOf("killer", "all")).toMatchObject({ kind: "completed" });
  expect(await hostile.resultOf("killer", "agent")).toEqual(told);
  expect(await instancesOf("killer")).toEqual(before);
});

test("opens as many files as it may and no more, and the next run opens as many again", async () => {
  await hostile.save(
    "handles",
    `const fs = require('fs');
       module.exports = () => {
         const opened = [];
         try { while (opened.length < 100000) opened.push(fs.openSync('/dev/null')); return {}; }
         catch ({ code }) { return { opened: opened.length, code }; }
         finally { opened.forEach((one) => fs.closeSync(one)); }
       };`,
  );
  for (let run = 0; run < 2; run += 1) {
    const { opened, code } = (await hostile.resultOf("handles")) as { opened: number; code: string };
    expect(code).toBe("EMFILE");
    expect(opened).toBeLessThan(4_096);
    expect(opened).toBeGreaterThan(3_000);
  }
});

test("leads nobody anywhere with links in /tmp", async () => {
  await hostile.save(
    "links",
    `const fs = require('fs'); ${why}
       const links = { agent: '/agent/agent.cjs', environ: '/proc/1/environ', passwd: '/etc/passwd', root: '/', self: '/tmp/self', dots: '../../../etc/x' };
       module.exports = () => Object.fromEntries(Object.entries(links).map(([name, to]) => {
         const at = '/tmp/' + name;
         if (!fs.lstatSync(at, { throwIfNoEntry: false })) fs.symlinkSync(to, at);
         return [name, why(() => fs.writeFileSync(name === 'root' ? at + '/x' : at, 'mine'))];
       }));`,
  );
  const expected = {
    agent: expect.stringMatching(/EACCES|EROFS/),
    environ: "EACCES",
    passwd: expect.stringMatching(/EACCES|EROFS/),
    root: expect.stringMatching(/EACCES|EROFS/),
    self: "ELOOP",
    dots: expect.stringMatching(/EACCES|EROFS/),
  };
  expect(await hostile.resultOf("links")).toEqual(expected);
  expect(await hostile.resultOf("links")).toEqual(expected);
});

test("changes only itself when it changes the language and the client: its events keep its name and their limits", async () => {
  await hostile.save(
    "poison",
    `const { Api } = require('vamp-node-client'); const http = require('http'); ${why}
       Object.prototype.source = '/workflows/bystander'; Object.prototype.workflow = 'bystander'; Object.prototype.admin = true;
       Array.prototype.map = Array.prototype.filter; JSON.parse = () => ({ source: '/controller', type: 'archive' });
       Api.prototype.post = Api.prototype.event = function () { return 'mine'; };
       const send = (event) => new Promise((resolve) => {
         const { hostname, port } = new URL(process.env.VAMP_URL);
         const headers = { 'content-type': 'application/json', 'x-drover-workflow': 'bystander', 'x-drover-forwarded': 'guess', 'x-drover-origin': '{}' };
         const request = http.request({ hostname, port, path: '/api/v1/events', method: 'POST', headers }, (response) => { response.resume(); response.on('end', () => resolve(response.statusCode)); });
         request.end('{"__proto__": {"polluted": true}, "constructor": 1, ' + event.slice(1));
       });
       module.exports = async () => [
         await send('{"tags": ["forged"], "source": "/workflows/bystander", "run": "x", "hops": 0}'),
         await send('{"tags": ["forged"], "type": "forged", "value": {"__proto__": {"polluted": true}}}'),
         await send('{"tags": []}'),
       ];`,
  );
  await using tail = await follow(hostile.drover.url, "?tag=forged");
  const answers = await hostile.outcomeOf("poison");
  expect(answers.kind).toMatch(/completed|failed/);
  await hostile.save(
    "clean",
    `module.exports = async () => { await new (require('vamp-node-client').Api)().event(['forged'], { polluted: ({}).polluted ?? null }, 'last'); };`,
  );
  await hostile.outcomeOf("clean");
  await tail.until(({ type }) => type === "last");
  for (const { source, value } of tail.seen) {
    expect(source).toMatch(/\/(?:poison|clean)$/);
    expect(Object.getPrototypeOf(value ?? {})).toBe(Object.prototype);
  }
  expect(tail.seen.at(-1)?.value).toEqual({ polluted: null });
  await hostile.undisturbed();
});

async function instancesOf(name: string): Promise<string[]> {
  const view = (await call<{ instances: { name: string }[] }>(hostile.drover.url, "GET", `/workflows/${name}`)).body;
  return view.instances.map((one) => one.name);
}
