// The part of the command line that is about runs and what sets them off: its commands and flags.
import { type Command, InvalidArgumentError, Option } from "commander";
import { timeZone } from "../model/cron.ts";
import { durationMs } from "../model/duration.ts";
import { instant } from "../model/instant.ts";
import { slotOutcomes } from "../model/slot.ts";
import { createKey, deleteKey, listKeys } from "./commands/key.ts";
import { requeue, stop } from "./commands/run-control.ts";
import { run } from "./commands/run.ts";
import { runs } from "./commands/runs.ts";
import { previewFiles, previewStored } from "./commands/schedule.ts";
import { slots } from "./commands/slots.ts";
import { trace } from "./commands/trace.ts";
import { collect, count, countFrom, duration, moment, readBy } from "./parameters.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

/** As many as the controller answers at once. */
const slotsShownMax = 1_000;

const output = (): Option =>
  new Option("-o, --output <format>", "how").choices(["table", "yaml", "json"]).default("table");

export function addRunCommands(program: Command, work: Work): void {
  addRunning(program, work);
  addRunReading(program, work);
  addSchedule(program, work);
  addKeys(program, work);
}

function addRunning(program: Command, work: Work): void {
  program
    .command("run <name>")
    .description("run a workflow by hand")
    .option("--value <value>", "what the run is given: JSON, or else text that does not begin as JSON does")
    .option("--wait [duration]", "wait for its end, at most as long as that (30s, or ISO 8601, PT30S)", waitMs)
    .option("--json", "the answer as JSON", false)
    .action((name: string, { value, wait, json }: { value?: string; wait?: number | true; json: boolean }) => {
      const forMs = wait === true ? Infinity : (wait ?? null);
      return work((session) => run(session, name, { value: value ?? null, waitMs: forMs, json }));
    });
  program
    .command("requeue <runs...>")
    .description("give dead letters again")
    .action((ids: string[]) => work((session) => requeue(session, ids)));
  program
    .command("stop <runs...>")
    .description("stop runs that wait or are under way")
    .action((ids: string[]) => work((session) => stop(session, ids)));
}

function addRunReading(program: Command, work: Work): void {
  program
    .command("runs")
    .description("runs, newest first")
    .option("--workflow <name>", "of this workflow")
    .option("--state <state>", "in this state: queued, started, completed, failed, timed-out, stopped, dead, …")
    .option("--since <when>", "since an ISO 8601 instant or a date, or for as long as 1h", moment("--since"))
    .option("--dead", "dead letters only", false)
    .option("--limit <count>", "how many at most", count, 30)
    .addOption(output())
    .action(({ workflow, state, since, dead, limit, output: format }) => {
      const filter = { workflow: workflow ?? null, state: state ?? null, since: since ?? null, dead };
      return work((session) => runs(session, { ...filter, limit, output: format }));
    });
  program
    .command("trace <id>")
    .description("what an event or run set off, and what set it off, as a tree")
    .option("--json", "the tree as JSON", false)
    .action((id: string, { json }: { json: boolean }) => work((session) => trace(session, id, { json })));
  program
    .command("slots <name>")
    .description("what became of the slots of a time schedule, newest first")
    .addOption(new Option("--outcome <outcome>", "only those").choices(slotOutcomes))
    .option("--limit <count>", "how many at most", count, 30)
    .addOption(output())
    .action((name: string, { outcome, limit, output: format }) =>
      work((session) => slots(session, name, { outcome: outcome ?? null, limit, output: format })),
    );
}

function addSchedule(program: Command, work: Work): void {
  program
    .command("schedule")
    .description("time schedules")
    .command("preview [name]")
    .description("the next slots of a workflow, or of the workflows in files; says where clocks change")
    .option("-f, --file <path>", "a YAML or JSON file, a directory, or - for standard input", collect, [])
    .option("--tz <zone>", "show local times of this zone, such as Europe/Amsterdam", readBy(timeZone, "--tz"))
    .option("--count <count>", "how many", countFrom(1, slotsShownMax), 10)
    .option("--from <instant>", "slots after this ISO 8601 instant", readBy(instant, "--from"))
    .option("--json", "as JSON", false)
    .action((name: string | undefined, { file, tz, count: many, from, json }, command: Command) => {
      const options = { timezone: tz ?? null, count: many, from: from ?? null, json };
      if (file.length > 0 && name === undefined) {
        return work((session) => previewFiles(session, file, options));
      }
      if (file.length > 0 || name === undefined) return command.error("error: expected either a workflow, or -f");
      return work((session) => previewStored(session, name, options));
    });
}

function addKeys(program: Command, work: Work): void {
  const key = program.command("key").description("API keys, with which webhooks are called");
  key
    .command("create <name>")
    .description("make a key and show its value, this once")
    .option("--replace", "exchange the value of a key that exists", false)
    .action((name: string, { replace }: { replace: boolean }) => work((session) => createKey(session, name, replace)));
  key
    .command("list")
    .description("the keys, without their values")
    .action(() => work(listKeys));
  key
    .command("delete <name>")
    .description("delete a key; its value is worth nothing from then on")
    .action((name: string) => work((session) => deleteKey(session, name)));
}

function waitMs(text: string): number {
  const ms = durationMs(duration("--wait")(text));
  if (ms !== null && ms > 0) return ms;
  throw new InvalidArgumentError('expected a duration without years and months, such as "PT30S".');
}
