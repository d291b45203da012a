// What events are found by: each tag, the type, the source, the run that emitted them, and the id that the sender of a CloudEvent
// gave. A term is one word of the full-text index; a filter is an expression over such words.
import type { Event } from "../../model/event.ts";
import { type EventFilter, workflowSource } from "../../model/event-match.ts";
import { topicMatcher } from "../../model/topic-pattern.ts";

/** More than this many types or sources behind one pattern are not asked for by name; events are then looked at one by one. */
const alternativesMax = 500;

const tagTerm = (tag: string): string => `#${tag}`;
const typeTerm = (type: string): string => `=${type}`;
const sourceTerm = (source: string): string => `@${source}`;
const emitterTerm = (run: string): string => `~${run}`;
export const senderTerm = (id: string): string => `!${id}`;

/** A tag that says which run, or which event, something is about. */
const namesOne = (tag: string): boolean => tag.startsWith("runs:") || tag.startsWith("events:");

/** Terms that events share with others: those that counts per minute are kept of. */
export function sharedTerms(event: Event): string[] {
  const tags = event.tags.filter((tag) => !namesOne(tag));
  return [typeTerm(event.type), sourceTerm(event.source), ...tags.map(tagTerm)];
}

/** Terms that hardly any other event has. */
export function ownTerms(event: Event): string[] {
  const terms = event.tags.filter(namesOne).map(tagTerm);
  // What is about the run is found by its tag already.
  if (event.run !== undefined && !event.tags.includes(`runs:${event.run}`)) terms.push(emitterTerm(event.run));
  const { id } = event.attributes ?? {};
  if (typeof id === "string") terms.push(senderTerm(id));
  return terms;
}

/** `all`: no event is left out. `words`: an FTS5 expression; with `verify`, its events are to be compared with the filter. */
export type Search =
  | { readonly kind: "all"; readonly verify: boolean }
  | { readonly kind: "none" }
  | { readonly kind: "words"; readonly expression: string; readonly verify: boolean };

/** Every type or source that there is and that begins with this text; it may list some that are gone. */
export type Dictionary = { beginningWith(term: string, countMax: number): readonly string[] };

export function searchOf(filter: EventFilter, dictionary: Dictionary): Search {
  const { tags = [], type, source, run, workflow } = filter;
  const groups: (readonly string[])[] = tags.map((tag) => [tagTerm(tag)]);
  if (run !== undefined) groups.push([tagTerm(`runs:${run}`), emitterTerm(run)]);
  if (workflow !== undefined) groups.push([tagTerm(`workflows:${workflow}`), sourceTerm(workflowSource(workflow))]);
  let verify = false;
  for (const found of [typesOf(type, dictionary), sourcesOf(source, dictionary)]) {
    if (found === null) continue;
    if (found.length === 0) return { kind: "none" };
    if (found.length > alternativesMax) verify = true;
    else groups.push(found);
  }
  if (groups.length === 0) return { kind: "all", verify };
  const expression = groups.map((terms) => `(${terms.map(quoted).join(" OR ")})`).join(" AND ");
  return { kind: "words", expression, verify };
}

/** The one shared term that is all that the filter asks for; "" for a filter that asks for nothing; null for any other filter. */
export function soleTerm({ tags = [], type, source, run, workflow }: EventFilter): string | null {
  if (run !== undefined || workflow !== undefined) return null;
  const terms = tags.map(tagTerm);
  if (type !== undefined) {
    if (isPattern(type)) return null;
    terms.push(typeTerm(type));
  }
  if (source !== undefined) {
    if (source.endsWith("*")) return null;
    terms.push(sourceTerm(source));
  }
  if (terms.length > 1 || (tags[0] !== undefined && namesOne(tags[0]))) return null;
  return terms[0] ?? "";
}

/** Null: any. */
function typesOf(pattern: string | undefined, dictionary: Dictionary): readonly string[] | null {
  if (pattern === undefined) return null;
  if (!isPattern(pattern)) return [typeTerm(pattern)];
  const fixed = pattern.slice(0, pattern.search(/[*#]/)).replace(/\.$/, "");
  const matches = topicMatcher(pattern);
  return dictionary.beginningWith(typeTerm(fixed), Infinity).filter((term) => matches(term.slice(1)));
}

function sourcesOf(source: string | undefined, dictionary: Dictionary): readonly string[] | null {
  if (source === undefined) return null;
  if (!source.endsWith("*")) return [sourceTerm(source)];
  return dictionary.beginningWith(sourceTerm(source.slice(0, -1)), alternativesMax + 1);
}

function isPattern(type: string): boolean {
  return /[*#]/.test(type);
}

/** The `ascii` tokenizer folds A to Z and splits at what is not named as part of words; both are written as their codes. */
export const tokenizer = "ascii tokenchars '!#=@~_-./:%'";

export function tokenOf(term: string): string {
  if (plain.test(term)) return term;
  return term.replace(special, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

const plain = /^[a-z0-9!#=@~_\-./:\u0080-\uffff]*$/;
const special = /[^a-z0-9!#=@~_\-./:\u0080-\uffff]/g;

function quoted(term: string): string {
  return `"${tokenOf(term)}"`;
}
