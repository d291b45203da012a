// What an event is found by: its tags, and its type as a term of its own kind.
import type { SQLInputValue } from "node:sqlite";
import type { Event } from "../../model/event.ts";
import type { EventQuery } from "./questions.ts";

export function termsOf(event: Event): string[] {
  return [typeTerm(event.type), ...event.tags.map(tagTerm)];
}

/** The condition on `event e` that an event has all terms of the query. */
export function conditions({ filter }: EventQuery): { sql: string; values: SQLInputValue[] } {
  const { tags = [], type } = filter;
  const terms = [...tags.map(tagTerm), ...(type === undefined ? [] : [typeTerm(type)])];
  const has =
    "EXISTS (SELECT 1 FROM event_term t WHERE t.term = (SELECT id FROM term WHERE text = ?) AND t.seq = e.seq)";
  const first = "e.seq IN (SELECT seq FROM event_term WHERE term = (SELECT id FROM term WHERE text = ?))";
  const sql = terms.map((_, i) => (i === 0 ? first : has)).join(" AND ");
  return { sql: sql === "" ? "" : `WHERE ${sql}`, values: terms };
}

const tagTerm = (tag: string): string => `#${tag}`;
const typeTerm = (type: string): string => `=${type}`;
