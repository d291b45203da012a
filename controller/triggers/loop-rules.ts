// Why an event may not set off a workflow that asks for it, so that loops end (I10). Pure.
import type { Event } from "../../model/event.ts";
import { type RunReport, hopsMax, isRunReport } from "../../model/run.ts";

/** What an event of type `run` says of its run, whoever claims it. */
export function runToldBy({ type, value }: Event): RunReport | null {
  return type === "run" && isRunReport(value) ? value : null;
}

export function hopsOf({ hops }: Event): number {
  return hops ?? 0;
}

/** The first rule against it as a sentence, or null. */
export function loopRule(event: Event, workflow: string): string | null {
  const hops = hopsOf(event) + 1;
  return hops > hopsMax ? tooManyHops(hops) : rumourRule(event, workflow);
}

export function tooManyHops(hops: number): string {
  return `it would be the run ${hops} in a chain of causes; at most ${hopsMax} are allowed`;
}

/** Of events about runs: one about a run of the workflow itself, and one about a run that another one about a run set off. */
export function rumourRule(event: Event, workflow: string): string | null {
  const told = runToldBy(event);
  if (told === null) return null;
  if (told.workflow === workflow)
    return "it is about a run of this workflow, and a workflow is not set off by its own runs";
  // Agents of an earlier version leave the field out.
  return (told.about ?? null) === null
    ? null
    : "it is about a run that was itself set off by an event about a run, and such chains are not continued";
}
