// Which events a caller asks for: by query parameters, or by the same fields in a body.
import type { FastifyRequest } from "fastify";
import { eventTags } from "../../model/event-fields.ts";
import type { EventFilter } from "../../model/event-match.ts";
import { sourcePattern } from "../../model/event-schedule.ts";
import { accepted } from "../../model/problem.ts";
import { type Reader, refine } from "../../model/reader.ts";
import { maybe, optional, record } from "../../model/record.ts";
import { text } from "../../model/text.ts";
import { topicPattern } from "../../model/topic-pattern.ts";
import { invalid } from "./problem.ts";
import { Type } from "./json-schema.ts";
import { parameter, parameters } from "./query.ts";

const nameCharsMax = 256;

const filterTags: Reader<readonly string[]> = (raw, at) =>
  Array.isArray(raw) && raw.length === 0 ? accepted([]) : eventTags(raw, at);

const name = (noun: string): Reader<string> =>
  text({ expected: noun, fix: "leave it out to get all", charsMax: nameCharsMax, pattern: /^\P{Cc}+$/u });

/** The fields of a filter, to be read beside others. */
export const filterShape = {
  tags: optional(filterTags, []),
  type: maybe(topicPattern),
  source: maybe(sourcePattern),
  run: maybe(name("the id of a run")),
  workflow: maybe(name("the name of a workflow")),
};

type Filter = EventFilter & { readonly tags: readonly string[] };
const filterReader: Reader<EventFilter> = refine(record<Filter>(filterShape, { noun: "a filter" }), accepted);

export const filterParameters = {
  tag: Type.Optional(Type.Array(Type.String(), { description: "repeat it to require several" })),
  type: Type.Optional(Type.String({ description: "exact, or a topic pattern such as order.* or order.#" })),
  source: Type.Optional(Type.String({ description: "exact, or with one * at its end" })),
  run: Type.Optional(Type.String({ description: "events that this run emitted, and those about it" })),
  workflow: Type.Optional(Type.String({ description: "events that its code emitted, and those about it" })),
};

/** The parameters `tag` (repeatable), `type`, `source`, `run` and `workflow`. Throws HttpProblem 400. */
export function eventFilterOf(request: FastifyRequest): EventFilter {
  const parsed = filterReader(givenFilter(request), "");
  if (parsed.ok) return parsed.value;
  throw invalid(
    parsed.problems.map(({ path, expected, got, fix }) => ({ path: path.replace(/^tags/, "tag"), expected, got, fix })),
  );
}

/** As they were given, for a reader. A parameter that is there twice must be a list of tags. */
export function givenFilter(request: FastifyRequest): Record<string, unknown> {
  const tags = parameters(request, "tag");
  const one = (key: string): string | undefined => parameter(request, key) ?? undefined;
  return { tags, type: one("type"), source: one("source"), run: one("run"), workflow: one("workflow") };
}
