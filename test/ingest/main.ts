// `node test/ingest/main.ts [--minutes N] [--seed S] [--senders N]`: prints what was done when, what was counted and what is wrong.
// Exits 1 when anything is.
import process from "node:process";
import { parseArgs } from "node:util";
import { runIngest } from "./ingest.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "4" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    senders: { type: "string", default: "6" },
  },
});
const plan = {
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  senders: Number(values.senders),
  faultEverySeconds: 8,
};
if (Object.values(plan).some((value) => !Number.isFinite(value) || value < 0)) {
  console.error("ingest: expected numbers for --minutes, --seed and --senders");
  process.exit(2);
}
console.log(`ingest: ${values.minutes} minutes, seed ${values.seed}, ${values.senders} senders`);
const { faults, counts, wrong } = await runIngest(plan, console.log);
console.log(`\n${faults.length} faults`);
for (const [what, count] of Object.entries(counts)) console.log(`${String(count).padStart(9)}  ${what}`);
for (const line of wrong.slice(0, 100)) console.error(`WRONG: ${line}`);
console.log(wrong.length === 0 ? "\naccepted = stored = indexed, each once" : `\n${wrong.length} things are wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
