// What of a filter an event fits, one criterion after the other, and which filters are nearest to an event that none asks for. Pure.
import { compileFilter } from "../../model/event-match.ts";
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";
import { nearest } from "../../model/nearest.ts";
import { shown } from "../../model/shown.ts";

export type Criterion = {
  readonly criterion: "tag" | "type" | "source";
  readonly asked: string;
  readonly fits: boolean;
  readonly says: string;
};

type Asking = { readonly workflow: string; readonly schedule: EventSchedule };

/** Misspellings are looked for among so many pairs of words; each costs some microseconds. */
const comparisonsMax = 5_000;
const nearestMax = 3;

export function criteriaOf({ tags, type, source }: EventSchedule, event: Event): Criterion[] {
  const fits = (filter: EventSchedule): boolean => compileFilter(filter)(event);
  const judged = (criterion: "type" | "source", asked: string, filter: EventSchedule): Criterion => {
    const isFitting = fits(filter);
    const is = `${criterion} is ${shown(event[criterion])}`;
    return { criterion, asked, fits: isFitting, says: isFitting ? is : `${is}, asked for is ${shown(asked)}` };
  };
  return [
    ...[...new Set(tags)].map((tag): Criterion => {
      const carries = event.tags.includes(tag);
      return {
        criterion: "tag",
        asked: tag,
        fits: carries,
        says: `tag ${shown(tag)} ${carries ? "is there" : "is missing"}`,
      };
    }),
    ...(type === undefined ? [] : [judged("type", type, { tags: [], type })]),
    ...(source === undefined ? [] : [judged("source", source, { tags: [], source })]),
  ];
}

/** Of the filters that share nothing with the event, those that were perhaps meant, as a sentence each. */
export function nearestFilters(
  filters: readonly Asking[],
  event: Event,
): { readonly workflow: string; readonly says: string }[] {
  const found: { workflow: string; says: string }[] = [];
  let comparisons = 0;
  for (const { workflow, schedule } of filters) {
    comparisons += (schedule.tags.length + 1) * (event.tags.length + 1);
    if (comparisons > comparisonsMax || found.length >= nearestMax) break;
    const says = meant(schedule, event);
    if (says !== null) found.push({ workflow, says });
  }
  return found;
}

function meant({ tags, type }: EventSchedule, event: Event): string | null {
  for (const tag of tags) {
    const near = nearest(tag, event.tags);
    if (near !== null) return `asks for tag ${shown(tag)}, and this event has ${shown(near)}`;
  }
  if (type === undefined || nearest(type, [event.type]) === null) return null;
  return `asks for type ${shown(type)}, and this event has ${shown(event.type)}`;
}
