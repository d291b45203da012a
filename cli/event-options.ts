// The flags that say which stored events are meant; the same for every command that asks for them.
import type { Command } from "commander";
import type { EventQuery } from "./event-api.ts";
import { collect, moment, fromSource, typePattern } from "./parameters.ts";

/** As commander gives them. */
export type EventFlags = Omit<EventQuery, "tags"> & { readonly tag: readonly string[] };

/** `since`: how that is read, where more than a moment may be meant. */
export function addEventOptions(command: Command, { since = moment("--since") } = {}): Command {
  return command
    .option("--tag <tag>", "events that carry this tag; repeat it for several", collect, [])
    .option("--type <pattern>", "events of this type, or of types such as order.*", typePattern)
    .option("--source <source>", "events from there; a * at its end stands for anything", fromSource)
    .option("--run <run>", "events that this run emitted, and those about it")
    .option("--workflow <name>", "events that its code emitted, and those about it")
    .option("--since <when>", "events since an ISO 8601 instant or a date, or for as long as 1h", since)
    .option("--until <when>", "up to there, not included", moment("--until"));
}

export function eventQueryOf({ tag, type, source, run, workflow, since, until }: EventFlags): EventQuery {
  return { tags: tag, type, source, run, workflow, since, until };
}
