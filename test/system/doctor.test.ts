// `drover doctor` on a whole installation: nothing is wrong with it until somebody tampers with it, and then it says with what.
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkflowView } from "../../cli/views.ts";
import type { Finding } from "../../model/finding.ts";
import { call, eventually } from "../api.ts";
import { drover as command } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
let agent: string;

beforeAll(async () => {
  drover = await startDrover();
  const definition = "setInterval(() => {}, 60000);";
  const breed = { deployable: { type: "application/javascript", definition } };
  await call(drover.url, "PUT", "/workflows/fine", { breed, schedule: "daemon", network: "none" });
  const view = async () => (await call<WorkflowView>(drover.url, "GET", "/workflows/fine")).body;
  const { instances } = await eventually(view, ({ status }) => status === "running");
  agent = `drover-${drover.installation}-${instances[0]?.name}`;
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

async function examined(): Promise<{ readonly code: number | null; readonly findings: readonly Finding[] }> {
  const { code, stdout } = await command(["doctor", "--json"], { url: drover.url });
  return { code, findings: JSON.parse(stdout) as Finding[] };
}

const wrongOf = (findings: readonly Finding[]): Finding[] => findings.filter(({ state }) => state === "wrong");

test("an installation that nobody touched has nothing wrong, and exits with 0", async () => {
  const { code, findings } = await examined();
  expect(wrongOf(findings)).toEqual([]);
  expect(code).toBe(0);
  const subjects = findings.map(({ subject }) => subject);
  expect(subjects).toEqual(
    expect.arrayContaining(["API", "home", "disk", "nats-server", "clock", "engine", "limits", "seccomp", "fences"]),
  );
  expect(findings.every(({ state, fix }) => (state === "ok") === (fix === ""))).toBe(true);
});

test.each([
  { what: "is privileged", host: { Privileged: true }, says: "is privileged" },
  { what: "holds the Docker socket", host: { Binds: ["/var/run/docker.sock:/d.sock"] }, says: "the Docker socket" },
  { what: "mounts the host", host: { Binds: ["/etc:/host:ro"] }, says: "mounts of the host" },
  { what: "has a capability", host: { CapAdd: ["SYS_ADMIN"] }, says: "has the capabilities SYS_ADMIN" },
  { what: "keeps capabilities", host: { CapDrop: [] }, says: "does not drop the capabilities ALL" },
  { what: "can win privileges", host: { SecurityOpt: [] }, says: "can win privileges" },
  {
    what: "has no filter of system calls",
    host: { SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] },
    says: "seccomp=unconfined",
  },
  { what: "can write its root", host: { ReadonlyRootfs: false }, says: "can write its root file system" },
  { what: "has no memory limit", host: { Memory: 0, MemorySwap: 0 }, says: "has no memory limit" },
  { what: "may use swap", host: { MemorySwap: -1 }, says: "may use swap" },
  { what: "may fork for ever", host: { PidsLimit: 0 }, says: "has no limit of processes" },
  { what: "has no ulimits", host: { Ulimits: [] }, says: "has no limit of open files" },
  { what: "sees the host's processes", host: { PidMode: "host" }, says: 'shares the process namespace "host"' },
  { what: "is on the host's network", host: { NetworkMode: "host" }, says: 'is on the network "host"' },
  { what: "restarts by itself", host: { RestartPolicy: { Name: "always" } }, says: "is restarted by the engine" },
])("a container with Drover's labels that $what is found", async ({ host, says }) => {
  const { Config, HostConfig } = await drover.docker.getContainer(agent).inspect();
  const { Image, Labels } = Config;
  const name = `${agent}-tampered`;
  const made = await drover.docker.createContainer({
    name,
    Image,
    Labels: { ...Labels, "drover.instance": "tampered" },
    HostConfig: { ...HostConfig, ...host },
  });
  try {
    const { code, findings } = await examined();
    expect(wrongOf(findings)).toMatchObject([{ subject: `container ${name}`, says: expect.stringContaining(says) }]);
    expect(wrongOf(findings)[0]?.fix).toContain(`docker rm -f ${name}`);
    expect(code).toBe(1);
  } finally {
    await made.remove({ force: true });
  }
});

test("a key that others can read is found, and how to close it", async () => {
  const path = join(drover.home, "nats", "keys.json");
  await chmod(path, 0o644);
  const { findings } = await examined();
  await chmod(path, 0o600);
  expect(wrongOf(findings)).toEqual([
    {
      subject: "file keys.json",
      state: "wrong",
      says: `${path} is open to others (mode 644)`,
      fix: `chmod 600 ${path}`,
    },
  ]);
});

test("a controller that is not there is what is wrong, and the command says how to start one", async () => {
  const { code, stdout, stderr } = await command(["doctor"], { url: "http://127.0.0.1:1" });
  expect(code).toBe(1);
  expect(stdout).toContain('→ start one with "drover up"');
  expect(stderr).toContain("1 thing is wrong");
});
