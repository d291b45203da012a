// Stored events, and numbers over them, as the controller answers them.
import type { Event } from "../model/event.ts";
import type { ControllerApi } from "./controller-api.ts";

/** As many as the controller answers at once. */
const perAnswerMax = 1_000;

export type EventQuery = {
  readonly tags: readonly string[];
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly run?: string | undefined;
  readonly workflow?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

export type Aggregation = {
  readonly aggregator: string;
  readonly field?: string | undefined;
  readonly percentiles?: string | undefined;
  readonly interval?: string | undefined;
};
export type AggregateValue = number | null | Readonly<Record<string, number | null>>;
export type OneValue = { readonly value: AggregateValue; readonly count: number };
export type Bucket = OneValue & { readonly timestamp: string };

/** The first `countMax` of them, read by cursor: each once and in order, whatever is stored meanwhile. */
export async function eventsOf(
  api: ControllerApi,
  query: EventQuery & { readonly order: "newest" | "oldest" },
  countMax: number,
): Promise<Event[]> {
  const events: Event[] = [];
  for (let cursor: string | null = "*"; cursor !== null && events.length < countMax;) {
    const place = { per_page: String(Math.min(perAnswerMax, countMax - events.length)), cursor };
    const { text, headers } = await api.answer({ path: `/events?${queryText({ ...query, ...place })}` });
    const found: readonly Event[] = JSON.parse(text);
    for (const event of found) events.push(event);
    cursor = found.length === 0 ? null : headers.get("X-Next-Cursor");
  }
  return events;
}

/** By its id, or by the id that the sender of a CloudEvent gave it. */
export async function eventById(api: ControllerApi, id: string): Promise<Event> {
  return JSON.parse(await api.text({ path: `/events/${encodeURIComponent(id)}` }));
}

/** With an interval a list of buckets, else one value. */
export async function aggregateOf(
  api: ControllerApi,
  query: EventQuery & Aggregation,
): Promise<OneValue | readonly Bucket[]> {
  return JSON.parse(await api.text({ path: `/events?${queryText(query)}` }));
}

export function queryText({ tags, ...fields }: EventQuery & Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams(tags.map((tag): [string, string] => ["tag", tag]));
  for (const [name, value] of Object.entries(fields)) if (typeof value === "string") query.set(name, value);
  return query.toString();
}
