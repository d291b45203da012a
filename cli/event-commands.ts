// The part of the command line that computes over stored events.
import { Argument, type Command } from "commander";
import { aggregate } from "./commands/aggregate.ts";
import { addEventOptions, eventQueryOf } from "./event-options.ts";
import { duration } from "./parameters.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

const aggregators = ["count", "min", "max", "average", "sum", "percentiles", "stats"];

export function addEventCommands(program: Command, work: Work): void {
  const command = program
    .command("aggregate")
    .description("a number over stored events: of their values, or of a field of them")
    .addArgument(new Argument("<aggregator>", "what to compute").choices(aggregators))
    .option("--field <path>", "of the value, such as order.total; the value itself when it is left out")
    .option("--percentiles <list>", "from 0 to 100, with commas between them (50,95,99 when it is left out)")
    .option("--interval <duration>", "one value for each 1m (or ISO 8601, PT1M) of time", duration("--interval"));
  addEventOptions(command)
    .option("--json", "as JSON", false)
    .action((aggregator: string, { field, percentiles, interval, json, ...flags }) => {
      const query = { ...eventQueryOf(flags), aggregator, field, percentiles, interval };
      return work((session) => aggregate(session, query, { json }));
    });
}
