// `npm run faults -- [--minutes N] [--seed S] [--rate EVENTS_PER_SECOND] [--stop-minutes N] [--only NAME,NAME] [--report FILE]`: prints
// what was done when, what was counted and what is wrong. Exits 1 when anything is. As root it works on a Docker engine and a disk of
// its own.
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { runFaults } from "./faults.ts";
import { reportOf } from "./report.ts";
import { faultTable, faultsNamed } from "./table.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    rate: { type: "string", default: "100" },
    "stop-minutes": { type: "string", default: "0" },
    only: { type: "string", default: faultTable.map(({ name }) => name).join(",") },
    report: { type: "string" },
  },
});
const numbers = {
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  eventsPerSecond: Number(values.rate),
  stopSeconds: Number(values["stop-minutes"]) * 60,
};
if (Object.values(numbers).some((value) => !Number.isFinite(value) || value < 0))
  refuse("expected numbers for --minutes, --seed, --rate and --stop-minutes");
const plan = {
  ...numbers,
  faults: chosen(values.only),
  everySeconds: 6,
  holdSecondsMax: 30,
  apart: process.getuid?.() === 0,
};
console.log(`faults: ${values.minutes} minutes, seed ${values.seed}, ${values.rate} events/s`);
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
const report = await runFaults(plan, console.log, ending.signal);
const { done, counts, wrong, log } = report;
console.log(`\n${done.length} faults`);
for (const [what, count] of Object.entries(counts)) console.log(`${String(count).padStart(8)}  ${what}`);
if (wrong.length > 0) for (const line of log.slice(-200)) console.error(line);
for (const line of wrong.slice(0, 100)) console.error(`WRONG: ${line}`);
if (values.report) writeFileSync(values.report, reportOf(report));
console.log(
  wrong.length === 0 ? "\nnothing lost, nothing doubled, nothing left over" : `\n${wrong.length} things are wrong`,
);
process.exit(wrong.length === 0 ? 0 : 1);

function chosen(names: string): ReturnType<typeof faultsNamed> {
  try {
    return faultsNamed(names.split(","));
  } catch (error) {
    return refuse(`--only: ${(error as Error).message}`);
  }
}

function refuse(reason: string): never {
  console.error(`faults: ${reason}`);
  process.exit(2);
}
