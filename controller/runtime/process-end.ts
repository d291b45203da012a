// Ending a process and all below it: SIGTERM to the process, which ends its own children; SIGKILL to whatever is left.
//
//   K1. Only a process whose start time is the recorded one gets a signal: an id that is used again is somebody else's.
import { setTimeout as delay } from "node:timers/promises";
import { type ProcessIdentity, descendantsOf, isAlive } from "./process-tree.ts";

const pollMs = 20;
/** SIGKILL cannot be refused, but a process in the middle of a disk access takes it late. */
const killWaitMs = 5_000;

/** Resolves when the process has ended, with false when even SIGKILL does not end it. Without grace it is killed at once. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  if (!(await isAlive(identity))) return true;
  if (graceMs > 0) {
    send(identity.pid, "SIGTERM");
    if (await endedWithin(identity, graceMs)) return true;
  }
  const below = await descendantsOf(identity.pid);
  for (const pid of [identity.pid, ...below]) send(pid, "SIGKILL");
  return endedWithin(identity, killWaitMs);
}

async function endedWithin(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (performance.now() < deadlineMs) {
    if (!(await isAlive(identity))) return true;
    await delay(pollMs);
  }
  return !(await isAlive(identity));
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended a moment ago, which is what the signal was for.
  }
}
