// After all tests: nothing of them is left on this machine. A leak fails the whole suite.
//
//   Temporary folders and processes are told from those of others by TMPDIR, which is this suite's own: it must be empty of ours, and
//   no process may live that has it in its environment. What is on the Docker engine is compared with what was there before; while
//   other Drovers or test suites work beside this one, what came is told and not judged.
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";

/** What ends by itself may take this long. */
const settleMsMax = 20_000;
const lookEveryMs = 500;
const label = "drover.installation";
/** Images of Drover: what it builds, and those of users in tests. */
const imageKinds = /^drover-(?:agent|node|npm|example):/;

export default function setUp(): () => Promise<void> {
  const before = process.env["TMPDIR"];
  const folder = join(tmpdir(), `drover-suite-${process.pid}`);
  // Agents in tests run under another uid, which must get through.
  mkdirSync(folder, { mode: 0o755 });
  process.env["TMPDIR"] = folder;
  const earlier = onEngine();

  return async () => {
    const known = new Set(await earlier);
    const here = async (): Promise<string[]> => [...foldersIn(folder), ...processesOf(folder)];
    const there = async (): Promise<string[]> => (await onEngine()).filter((one) => !known.has(one));
    const left = await settled(here);
    const isShared = othersWork(folder);
    const onEngineLeft = await (isShared ? there() : settled(there));
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    remove(folder);
    if (isShared && onEngineLeft.length > 0)
      console.warn(`not judged, as others work on this engine:\n${onEngineLeft.join("\n")}`);
    const leaks = [...left, ...(isShared ? [] : onEngineLeft)];
    if (leaks.length > 0) throw new Error(`the tests left behind:\n${leaks.join("\n")}`);
  };
}

/** What cannot be removed (a file system that is still mounted) was found above, and is told there. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.warn(String(error));
  }
}

async function settled(look: () => Promise<string[]>): Promise<string[]> {
  const deadlineMs = performance.now() + settleMsMax;
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > deadlineMs) return left;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** The bundle of agents without a container, and npm packages for them, are kept by their content, for the next ones. */
function foldersIn(folder: string): string[] {
  const kept = /^drover-(?:agent-[0-9a-f]{12}|npm-[0-9a-f]{16})$/;
  const names = readdirSync(folder).filter((name) => name.startsWith("drover-") && !kept.test(name));
  return names.map((name) => `the folder ${join(folder, name)}`);
}

function processesOf(folder: string): string[] {
  const own = new Set([process.pid, process.ppid]);
  return processes().flatMap(({ pid, environment, command }) =>
    !own.has(pid) && environment.includes(`TMPDIR=${folder}`) && isOurs(command)
      ? [`the process ${pid}: ${command}`]
      : [],
  );
}

/** The workers of the suite itself end after this. */
function isOurs(command: string): boolean {
  return /nats-server|cli\/main\.js|agent|runner|dockerd/.test(command) && !/vitest/.test(command);
}

function othersWork(folder: string): boolean {
  return processes().some(
    ({ pid, environment, command }) =>
      pid !== process.pid && /cli\/main\.js up|vitest/.test(command) && !environment.includes(`TMPDIR=${folder}`),
  );
}

function processes(): { pid: number; environment: string[]; command: string }[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      return [{ pid, environment, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
    } catch {
      return [];
    }
  });
}

/** None where no engine answers: then no test needs one. */
async function onEngine(): Promise<string[]> {
  const docker = new Docker();
  const filters = { label: [label] };
  try {
    const [containers, networks, volumes, images] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
      docker.listVolumes({ filters }),
      docker.listImages(),
    ]);
    return [
      ...containers.map(({ Names, Id }) => `the container ${Names.join(" ")} (${Id.slice(0, 12)})`),
      ...networks.map(({ Name, Id }) => `the network ${Name} (${Id.slice(0, 12)})`),
      ...volumes.Volumes.map(({ Name }) => `the volume ${Name}`),
      ...images.flatMap(({ RepoTags }) => (RepoTags ?? []).filter(isStrange).map((tag) => `the image ${tag}`)),
    ];
  } catch {
    return [];
  }
}

function isStrange(tag: string): boolean {
  return tag.startsWith("drover-") && !imageKinds.test(tag);
}
