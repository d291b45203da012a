// What the operating system says of processes that may not be our children. A process id alone is used again sooner or later, so
// a process is known by its id and its start time.
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";

/** `startMark` has no unit: it is compared, never calculated with. */
export type ProcessIdentity = { readonly pid: number; readonly startMark: string };

type ProcessRow = {
  readonly pid: number;
  readonly parent: number;
  readonly startMark: string;
  readonly ended: boolean;
};

/** Null when no such process is alive; one that ended and waits for its parent to ask is not alive. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const row = await rowOf(pid);
  return row && !row.ended ? { pid, startMark: row.startMark } : null;
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.startMark === identity.startMark;
}

/** Every process below this one, nearest first. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const rows = await allRows();
  const below: number[] = [];
  for (let level = [pid]; level.length > 0;) {
    const parents = new Set(level);
    level = rows.filter((row) => parents.has(row.parent)).map((row) => row.pid);
    below.push(...level);
  }
  return below;
}

async function allRows(): Promise<readonly ProcessRow[]> {
  if (process.platform !== "linux") return psRows(["-A"]);
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isInteger(pid));
  const rows = await Promise.all(pids.map(procRow));
  return rows.filter((row) => row !== null);
}

async function rowOf(pid: number): Promise<ProcessRow | null> {
  if (process.platform === "linux") return procRow(pid);
  return (await psRows(["-p", String(pid)]))[0] ?? null;
}

/** The second field of /proc/<pid>/stat is a name in brackets that may hold anything, so fields are counted after it. */
async function procRow(pid: number): Promise<ProcessRow | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const startMark = fields[19] ?? "";
  return { pid, parent: Number(parent), startMark, ended: state === "Z" || state === "X" };
}

async function psRows(selection: readonly string[]): Promise<readonly ProcessRow[]> {
  const columns = ["-o", "pid=,ppid=,state=,lstart="];
  const { stdout } = await promisify(execFile)("ps", [...selection, ...columns]).catch(() => ({ stdout: "" }));
  return stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    if (!match) return [];
    const [, pid, parent, state = "", startMark = ""] = match;
    return { pid: Number(pid), parent: Number(parent), startMark, ended: state.startsWith("Z") };
  });
}
