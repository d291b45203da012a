// The processes of one execution: the runner, leader of a process group of its own, and whatever user code forks from it.
//
// A process that makes itself a group of its own escapes the signal to the group. Where the agent owns the uid of user code
// (its own container) such strays are found by that uid and killed as well; elsewhere they live on, and that is a known gap
// of the process runtime. No capability but KILL is needed: /proc/<pid>/status is readable by everybody.
import { readFileSync, readdirSync } from "node:fs";
import { log, reasonOf } from "./log.ts";

/** A fork that races with the sweep is found by the next pass; a fork bomb must not keep the agent here for ever. */
const sweepPassesMax = 50;

/** Signals every process of the group. A group that has ended is fine. */
export function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  kill(-leader, signal);
}

/** Kills every process that runs under the uid, but for `spared`; only for a uid that nobody else uses here. */
export function killStrays(uid: number, spared: ReadonlySet<number>): void {
  for (let pass = 0; pass < sweepPassesMax; pass += 1) {
    const strays = processesOf(uid).filter((pid) => !spared.has(pid));
    if (strays.length === 0) return;
    for (const pid of strays) kill(pid, "SIGKILL");
  }
}

function processesOf(uid: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isLiveProcessOf(uid, pid));
}

function isLiveProcessOf(uid: number, pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return !/^State:\s*[ZX]/m.test(status) && Number(/^Uid:\s*(\d+)/m.exec(status)?.[1]) === uid;
  } catch {
    return false;
  }
}

function kill(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (isGone) return;
    log.warn("a process could not be signalled", { pid, signal, reason: reasonOf(error) });
  }
}
