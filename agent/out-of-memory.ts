// How often the kernel has killed a process of this container because its memory limit was reached. Without this a script that
// takes too much memory looks as if somebody had killed it.
import { readFileSync } from "node:fs";

/** cgroup v2 and v1; a container sees its own at these places. */
const counters = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

export type MemoryKills = {
  /** As counted so far; 0 where nothing counts: outside of a container. */
  count(): number;
  /** Whether one was counted since `before` that no other process was found dead of. Each is found once. */
  claim(before: number): boolean;
};

export function createMemoryKills(count: () => number = outOfMemoryKills): MemoryKills {
  let claimed = 0;
  return {
    count,
    claim(before) {
      if (count() <= Math.max(before, claimed)) return false;
      claimed = Math.max(before, claimed) + 1;
      return true;
    },
  };
}

function outOfMemoryKills(): number {
  for (const path of counters) {
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1];
      if (count !== undefined) return Number(count);
    } catch {
      // The other version of cgroups.
    }
  }
  return 0;
}
