// What a caller asks of the stored events: which of them, in what order, and what is to be computed over them.
//
//   A1. It stands in the query parameters, or as the same fields in a body, never in both.
//   A2. Both are read by one reader. A problem names the parameter, or the path in the body.
import type { FastifyRequest } from "fastify";
import type { EventFilter } from "../../model/event-match.ts";
import type { Problem } from "../../model/problem.ts";
import type { Reader } from "../../model/reader.ts";
import { optional, record } from "../../model/record.ts";
import { oneOf } from "../../model/text.ts";
import type { EventQuery } from "../events/questions.ts";
import { type Aggregation, aggregation, aggregatorTypes, percentsDefault } from "./aggregator.ts";
import { bodyOf, documentsOf } from "./body.ts";
import { filterParameters, filterShape, givenFilter } from "./event-filter.ts";
import { type TimesAsked, boundNames, timesReader } from "./event-times.ts";
import { Type } from "./json-schema.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter, parameters } from "./query.ts";

export type EventQuestion = {
  readonly filter: EventFilter;
  readonly times: TimesAsked;
  readonly order: EventQuery["order"];
  /** Null: the events themselves. */
  readonly aggregation: Aggregation | null;
};

type Fields = EventFilter & {
  readonly tags: readonly string[];
  readonly timestamp: TimesAsked;
  readonly order: EventQuery["order"];
  readonly aggregator: Aggregation | null;
};

const moment = (what: string) => Type.Optional(Type.String({ description: `${what}: ISO 8601, now, 1h or now-1h` }));

/** `tags` of a body are `tag` here, and what stands in its `timestamp` and `aggregator` stands by itself. */
export const questionParameters = {
  ...filterParameters,
  since: moment("events from then on"),
  until: moment("events before then"),
  gt: moment("later than"),
  gte: moment("the same as since"),
  lt: moment("the same as until"),
  lte: moment("not later than"),
  order: Type.Optional(Type.String({ enum: ["newest", "oldest"], default: "newest" })),
  aggregator: Type.Optional(
    Type.String({ enum: [...aggregatorTypes], description: "compute this over the events instead of showing them" }),
  ),
  field: Type.Optional(Type.String({ description: "of the value, as a.b; the value itself when it is left out" })),
  percentiles: Type.Optional(
    Type.String({ description: "from 0 to 100, with commas between them", default: percentsDefault.join(",") }),
  ),
  interval: Type.Optional(Type.String({ description: "one value for each PT1M of time" })),
};

const bodyFields = Object.keys(questionParameters);

/** Throws HttpProblem 400 with everything that is wrong, and 415 for a body of another format. */
export function questionOf(request: FastifyRequest, now: Date): EventQuestion {
  const inBody = bodyOf(request).text.trim() !== "";
  const parsed = reader(now)(inBody ? givenInBody(request) : givenInQuery(request), "");
  if (!parsed.ok) throw invalid(inBody ? parsed.problems : parsed.problems.map(asParameter));
  const { timestamp, order, aggregator, ...filter } = parsed.value;
  return { filter, times: timestamp, order, aggregation: aggregator };
}

function reader(now: Date): Reader<Fields> {
  const fields = {
    ...filterShape,
    timestamp: optional(timesReader(now), {}),
    order: optional(oneOf("newest", "oldest"), "newest"),
    aggregator: optional<Aggregation | null>(aggregation, null),
  };
  return record<Fields>(fields, { noun: "a query for events" });
}

function givenInBody(request: FastifyRequest): unknown {
  const beside = bodyFields.filter((name) => parameters(request, name).length > 0);
  if (beside.length > 0) {
    const expected = "what is asked for in the body alone";
    const problems = beside.map((path) => ({
      path,
      expected,
      got: "a parameter beside it",
      fix: "move it into the body",
    }));
    throw invalid(problems);
  }
  const [document, second] = documentsOf(request);
  if (second) throw new HttpProblem("invalid", "body: expected one document, got several; ask one query at a time");
  return document?.value;
}

function givenInQuery(request: FastifyRequest): unknown {
  const given = (name: string): string | undefined => parameter(request, name) ?? undefined;
  const aggregator = {
    type: given("aggregator"),
    field: given("field"),
    percentiles: percentilesIn(parameters(request, "percentiles")),
    interval: given("interval"),
  };
  const isAggregate = Object.values(aggregator).some((one) => one !== undefined);
  return {
    ...givenFilter(request),
    timestamp: Object.fromEntries(boundNames.map((name) => [name, given(name)])),
    order: given("order"),
    ...(isAggregate ? { aggregator } : {}),
  };
}

/** What is no number is left as it is, for the reader to refuse. */
function percentilesIn(written: readonly string[]): readonly (number | string)[] | undefined {
  if (written.length === 0) return undefined;
  return written.flatMap((one) => one.split(",")).map((one) => (/^[\d.]{1,20}$/.test(one) ? Number(one) : one));
}

/** `timestamp.gte` of a body is the parameter `gte`, `aggregator.type` the parameter `aggregator`. */
function asParameter({ path, expected, got, fix }: Problem): Problem {
  const named = (text: string): string =>
    text
      .replace(/\btimestamp\./g, "")
      .replace(/\baggregator\.type\b/g, "aggregator")
      .replace(/\baggregator\./g, "")
      .replace(/^tags\b/, "tag");
  return { path: named(path), expected, got, fix: named(fix) };
}
