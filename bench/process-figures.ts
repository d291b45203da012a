// Memory and processor time of processes of this host, read from /proc. Processes in containers are processes of the host too.
import { readFileSync } from "node:fs";

const kibPerMib = 1024;
/** The kernel's unit of processor time towards user space, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

export type Memory = {
  /** Resident set: pages that are in memory, those shared with other processes counted in full. */
  readonly rssMiB: number;
  /** Proportional set: shared pages counted by share. */
  readonly pssMiB: number;
};

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return { rssMiB: kibIn(rollup, "Rss") / kibPerMib, pssMiB: kibIn(rollup, "Pss") / kibPerMib };
}

export function sumOf(memories: readonly Memory[]): Memory {
  return {
    rssMiB: memories.reduce((sum, one) => sum + one.rssMiB, 0),
    pssMiB: memories.reduce((sum, one) => sum + one.pssMiB, 0),
  };
}

/** Seconds of a core used so far: by the main thread, where a Node program runs its JavaScript, and by all others. */
export function processorSecondsOf(pid: number): { readonly main: number; readonly others: number } {
  const main = processorSeconds(`/proc/${pid}/task/${pid}/stat`);
  return { main, others: processorSeconds(`/proc/${pid}/stat`) - main };
}

export function parentOf(pid: number): number {
  return Number(statFields(`/proc/${pid}/stat`)[1]);
}

export function commandLineOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
}

function processorSeconds(path: string): number {
  const fields = statFields(path);
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** From the state on: what stands before it holds the program's name, which may hold anything. */
function statFields(path: string): string[] {
  const stat = readFileSync(path, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function kibIn(rollup: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]);
}
