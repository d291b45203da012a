// `npm run faults -- [--minutes N] [--seed S] [--rate EVENTS_PER_SECOND] [--stop-minutes N]`: prints what was killed when, what was
// counted and what is wrong. Exits 1 when anything is.
import process from "node:process";
import { parseArgs } from "node:util";
import { runFaults } from "./faults.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    rate: { type: "string", default: "200" },
    "stop-minutes": { type: "string", default: "0" },
  },
});
const plan = {
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  eventsPerSecond: Number(values.rate),
  killEverySeconds: 6,
  stopSeconds: Number(values["stop-minutes"]) * 60,
};
if (Object.values(plan).some((value) => !Number.isFinite(value) || value < 0)) {
  console.error("faults: expected numbers for --minutes, --seed, --rate and --stop-minutes");
  process.exit(2);
}
console.log(`faults: ${values.minutes} minutes, seed ${values.seed}, ${values.rate} events/s`);
const { counts, wrong, kills, log } = await runFaults(plan, console.log);
console.log(`\n${kills.length} kills`);
for (const [what, count] of Object.entries(counts)) console.log(`${String(count).padStart(8)}  ${what}`);
if (wrong.length > 0) for (const line of log.slice(-200)) console.error(line);
for (const line of wrong.slice(0, 100)) console.error(`WRONG: ${line}`);
console.log(wrong.length === 0 ? "\nnothing lost, nothing doubled" : `\n${wrong.length} things are wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
