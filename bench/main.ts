// `npm run bench [-- --quick] [-- first-event ingest memory runs idle stream tail isolation]`: measures against floors in the same run and prints tables.
// RESULTS.md holds the method and the aims, results/ the tables of one run. Exits 0 also when an aim is missed: it measures, tests judge.
import process from "node:process";
import { parseArgs } from "node:util";
import Docker from "dockerode";
import { type Effort, fullEffort, quickEffort } from "./effort.ts";
import { measureFirstEvent } from "./first-event.ts";
import { measureIngest } from "./ingest.ts";
import { measureIdle } from "./idle/idle.ts";
import { measureIsolation } from "./isolation/isolation.ts";
import { describeMachine } from "./machine.ts";
import { measureMemory } from "./memory.ts";
import { measureRuns } from "./runs/runs.ts";
import { measureStream } from "./stream/stream.ts";
import { type Section, printSection } from "./table.ts";
import { measureTail } from "./tail/tail.ts";

const exitUsage = 2;

const parts: Readonly<Record<string, (docker: Docker, effort: Effort) => Promise<readonly Section[]>>> = {
  memory: measureMemory,
  "first-event": measureFirstEvent,
  ingest: measureIngest,
  runs: measureRuns,
  idle: measureIdle,
  stream: measureStream,
  tail: measureTail,
  isolation: measureIsolation,
};

const { values, positionals } = parseArgs({ options: { quick: { type: "boolean" } }, allowPositionals: true });
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) {
  console.error(`bench: expected one of ${Object.keys(parts).join(", ")}, got "${unknown}"`);
  process.exit(exitUsage);
}

const docker = new Docker();
console.log(await describeMachine(docker));
for (const [name, measure] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const section of await measure(docker, values.quick === true ? quickEffort : fullEffort)) printSection(section);
}
