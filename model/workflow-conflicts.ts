// Settings of a workflow that are right one by one and cannot work together.
import type { Problem } from "./problem.ts";
import { knownPath } from "./reader.ts";
import type { Workflow } from "./workflow.ts";

export function conflictsOf(workflow: Workflow, at: string): Problem[] {
  return [...queueOfMany(workflow, at), ...containerOfMany(workflow, at)];
}

/** `overlap: queue` promises that no two runs of the schedule are under way at once. */
function queueOfMany({ schedule, concurrency, scale }: Workflow, at: string): Problem[] {
  if (typeof schedule === "string" || !("time" in schedule) || schedule.time.overlap !== "queue") return [];
  const problem = (got: string, fix: string): Problem => ({
    path: knownPath(at, "schedule.time.overlap"),
    expected: 'one run at a time with "queue": a concurrency of 1 and at most 1 instance',
    got,
    fix: `${fix}, or write "allow"`,
  });
  return [
    ...(concurrency > 1 ? [problem(`a concurrency of ${concurrency}`, "set concurrency to 1")] : []),
    ...(scale.instances > 1 ? [problem(`${scale.instances} instances`, "set scale.instances to 1")] : []),
  ];
}

function containerOfMany({ isolation, concurrency }: Workflow, at: string): Problem[] {
  if (isolation !== "container" || concurrency === 1) return [];
  return [
    {
      path: knownPath(at, "isolation"),
      expected: 'one run in each container with "container": a concurrency of 1',
      got: `a concurrency of ${concurrency}`,
      fix: 'set concurrency to 1 and scale.instances higher, or write "process"',
    },
  ];
}
