// Bounds on the time of events in a request. Each is kept as it was written, too: `1h` is the same question a minute later.
import type { Parsed } from "../../model/problem.ts";
import { type Reader, mismatch } from "../../model/reader.ts";
import { maybe, record } from "../../model/record.ts";
import type { TimeRange } from "../events/questions.ts";
import { momentOf } from "./moment.ts";

type Bound = keyof TimeRange;
type Moment = { readonly written: string; readonly instant: string };
export type TimesAsked = { readonly [B in Bound]?: Moment };

/** `since` and `until` are other names of `gte` and `lt`. */
export const boundNames = ["gt", "gte", "lt", "lte", "since", "until"] as const;

export function timesReader(now: Date): Reader<TimesAsked> {
  const moment: Reader<Moment> = (raw, at) => {
    if (typeof raw !== "string")
      return mismatch(at, raw, { expected: "a moment as text", fix: 'write "1h", or an ISO 8601 instant' });
    const parsed = momentOf(raw, at, now);
    return parsed.ok ? ({ ok: true, value: { written: raw, instant: parsed.value } } satisfies Parsed<Moment>) : parsed;
  };
  const bounds = {
    gt: maybe(moment),
    gte: maybe(moment, { alias: "since" }),
    lt: maybe(moment, { alias: "until" }),
    lte: maybe(moment),
  };
  return record<TimesAsked>(bounds, { noun: "a range of time" });
}

export function rangeOf(times: TimesAsked): TimeRange {
  return each(times, ({ instant }) => instant);
}

export function writtenOf(times: TimesAsked): TimeRange {
  return each(times, ({ written }) => written);
}

function each(times: TimesAsked, text: (moment: Moment) => string): TimeRange {
  return Object.fromEntries(Object.entries(times).map(([bound, moment]) => [bound, text(moment)]));
}
