// How the parameters of several commands are read.
import { InvalidArgumentError } from "commander";
import { parseDuration, suggestedDuration } from "../model/duration.ts";
import { eventType as type } from "../model/event-fields.ts";
import { sourcePattern } from "../model/event-schedule.ts";
import { momentOf } from "../model/moment.ts";
import { type Parsed, problemText } from "../model/problem.ts";
import { topicPattern } from "../model/topic-pattern.ts";

const countMax = 10_000;

/** For a flag that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export const count = countFrom(1, countMax);

export function countFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}

/** What a flag says, in the words of the model when it makes no sense. */
export function readBy<T>(reader: (raw: unknown, at: string) => Parsed<T>, flag: string): (text: string) => T {
  return (text) => {
    const parsed = reader(text, flag);
    if (parsed.ok) return parsed.value;
    throw new InvalidArgumentError(`${parsed.problems.map(problemText).join("; ")}.`);
  };
}

/** It stays as it is written: `1h` is counted back from the controller's own now. */
export function moment(flag: string): (text: string) => string {
  return (text) => {
    readBy((raw, at) => momentOf(String(raw), at, new Date()), flag)(text);
    return text;
  };
}

/** ISO 8601, also where it is written as `1h30m`. */
export function duration(flag: string): (text: string) => string {
  return (text) => {
    const iso = isoOf(text);
    readBy(parseDuration, flag)(iso);
    return iso;
  };
}

/** `1h30m` as `PT1H30M`; anything else as it is. */
export function isoOf(text: string): string {
  return /^(?:\d{1,6}[wdhms])+$/.test(text) ? (suggestedDuration(text) ?? text) : text;
}

export const eventType = readBy(type, "--type");
export const typePattern = readBy(topicPattern, "--type");
export const fromSource = readBy(sourcePattern, "--source");
