// How often the kernel has killed a process of this container because its memory limit was reached. Without this a script that
// takes too much memory looks as if somebody had killed it.
import { readFileSync } from "node:fs";

/** cgroup v2 and v1; a container sees its own at these places. */
const counters = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/** 0 where nothing counts: outside of a container. */
export function outOfMemoryKills(): number {
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
