// Numbers over the events that a query finds, as the API shows them.
import type { FastifyRequest } from "fastify";
import type { Problem } from "../../model/problem.ts";
import { shown } from "../../model/shown.ts";
import { countsEvents } from "../events/gathered.ts";
import type { EventIndex } from "../events/index.ts";
import type { AggregateAnswer, AggregateValue, Aggregator, Bucket } from "../events/questions.ts";
import type { Aggregation } from "./aggregator.ts";
import type { EventQuestion } from "./event-question.ts";
import { rangeOf } from "./event-times.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import { invalid } from "./problem.ts";
import { Refused } from "./refused.ts";
import { seesAllOf } from "./visible-event.ts";

type OneValue = Pick<Aggregator, "type" | "field"> & { readonly value: AggregateValue; readonly count: number };

const ValueSchema = Type.Union([Type.Number(), Type.Null(), Type.Map(Type.Union([Type.Number(), Type.Null()]))], {
  description:
    "null without numbers; of percentiles, one value for each; of stats min, max, average, sum (null when it is too large for a number) and deviation",
});
const CountSchema = Type.Integer({ description: "how many numbers, or events, it was computed from" });
export const AggregateSchema = Type.Object({
  type: Type.String(),
  field: Type.Union([Type.String(), Type.Null()]),
  value: ValueSchema,
  count: CountSchema,
});
export const BucketSchema = Type.Object({ timestamp: Type.String(), value: ValueSchema, count: CountSchema });

/** One value, or one for each interval from the first to the last event that matches, oldest first. Throws HttpProblem 400, and Refused. */
export async function aggregate(
  request: FastifyRequest,
  { filter, times }: EventQuestion,
  { aggregator, intervalMs }: Aggregation,
  { index, passed, now, gone }: { index: EventIndex; passed: number; now: Date; gone: AbortSignal },
): Promise<OneValue | readonly Bucket[]> {
  const identity = identityOf(request);
  const { type, field } = aggregator;
  if (identity.kind === "workflow" && !countsEvents(aggregator) && !seesAllOf(identity, filter)) {
    const own = `workflows:${identity.name}`;
    throw new Refused(
      { reason: "workflow-code", by: nameOf(identity) },
      `code of workflow "${identity.name}" may compute from values only where it may read all of them: name a type that is not about runs, or the tag ${own}`,
    );
  }
  const query = { filter, time: rangeOf(times), aggregator, intervalMs, now: now.toISOString() };
  const answer = await index.ask("aggregate", [query], passed, gone);
  if (answer.kind === "value") return { type, field, value: answer.value, count: answer.count };
  if (answer.kind === "buckets") return answer.buckets;
  throw invalid([problemOf(answer, aggregator)]);
}

type Failed = Exclude<AggregateAnswer, { kind: "value" | "buckets" }>;

function problemOf(answer: Failed, { type, field }: Aggregator): Problem {
  switch (answer.kind) {
    case "not-numbers": {
      const where = field === null ? "as the value" : `at ${shown(field)} in the value`;
      const fix = field === null ? "name the field that has numbers" : "name another field, or narrow the query";
      return { path: "field", expected: `numbers ${where} of the events`, got: answer.found, fix };
    }
    case "too-many-buckets": {
      const expected = `at most ${answer.bucketsMax} intervals`;
      const got = `${answer.buckets}, from ${answer.from} to ${answer.to}`;
      return { path: "interval", expected, got, fix: "make it longer, or the time shorter with since and until" };
    }
    case "too-many-numbers": {
      const expected = `at most ${answer.numbersMax} numbers to compute ${type} from`;
      return { path: "aggregator", expected, got: "more", fix: "narrow the range of time" };
    }
    case "sum-too-large": {
      const expected = `numbers whose sum is at most ${Number.MAX_VALUE}`;
      return { path: "aggregator", expected, got: "more", fix: "ask for the average, or narrow the range of time" };
    }
  }
}
