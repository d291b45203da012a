// The most resident memory that a process has had; the kernel keeps it, so nothing between two looks is missed.
import { readFileSync, writeFileSync } from "node:fs";

const kibPerMib = 1_024;
/** What the kernel takes as: forget the most, begin again from what is resident now. */
const forgetMost = "5";

/** MiB, the most since the last call or since the process began. */
export function peakResidentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  writeFileSync(`/proc/${pid}/clear_refs`, forgetMost);
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / kibPerMib;
}
