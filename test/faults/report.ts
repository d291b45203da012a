// What a run of faults found, as a page for people.
import type { FaultReport } from "./faults.ts";

const wrongShownMax = 100;

export function reportOf({ plan, done, counts, wrong }: FaultReport): string {
  const kinds = plan.faults.map(({ name }) => name).join(", ");
  return [
    `# Faults: seed ${plan.seed}`,
    "",
    wrong.length === 0 ? "Nothing lost, nothing doubled, nothing left over." : `**${wrong.length} things are wrong.**`,
    "",
    `${plan.seconds} s with ${plan.eventsPerSecond} events a second, a fault every ${plan.everySeconds} s. Faults: ${kinds}.`,
    "",
    "| at | | for |",
    "|---:|---|---:|",
    ...done.map(({ atSeconds, what, forSeconds }) => `| ${atSeconds} s | ${what} | ${forSeconds} s |`),
    "",
    "| count | of |",
    "|---:|---|",
    ...Object.entries(counts).map(([what, count]) => `| ${count} | ${what} |`),
    "",
    ...wrong.slice(0, wrongShownMax).map((line) => `- ${line}`),
    "",
  ].join("\n");
}
