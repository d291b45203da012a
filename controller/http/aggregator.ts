// What is to be computed over events, in a request: `{type, field, range, percentiles, interval}`.
import { durationMs } from "../../model/duration.ts";
import { fixedDuration } from "../../model/fixed-duration.ts";
import { listOf } from "../../model/list.ts";
import { decimalNumber } from "../../model/number.ts";
import { accepted } from "../../model/problem.ts";
import { type Reader, knownPath, mismatch, refine } from "../../model/reader.ts";
import { maybe, optional, record, required } from "../../model/record.ts";
import { oneOf, text } from "../../model/text.ts";
import type { Aggregator, NumberRange } from "../events/questions.ts";

export const aggregatorTypes = ["count", "min", "max", "average", "sum", "percentiles", "stats"] as const;
export const percentsDefault: readonly number[] = [50, 95, 99];
const percentsMax = 20;
const fieldCharsMax = 256;

export type Aggregation = { readonly aggregator: Aggregator; readonly intervalMs: number | null };

type Fields = {
  readonly type: Aggregator["type"];
  readonly field: string | null;
  readonly range: NumberRange | null;
  readonly percentiles?: readonly number[];
  readonly interval: string | null;
};

const percents = refine(
  listOf(decimalNumber({ noun: "a percentile", min: 0, max: 100 }), { noun: "percentiles", itemsMax: percentsMax }),
  (list, at) =>
    list.length > 0 ? accepted(list) : mismatch(at, list, { expected: "at least one percentile", fix: "write 50" }),
);

const bound = decimalNumber({ noun: "a bound", min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
const range: Reader<NumberRange> = record<NumberRange>(
  { gt: maybe(bound), gte: maybe(bound), lt: maybe(bound), lte: maybe(bound) },
  { noun: "a range of numbers" },
);

const fields: Reader<Fields> = record<Fields>(
  {
    type: required(oneOf(...aggregatorTypes), 'write "count"'),
    field: optional<string | null>(
      text({
        expected: "the path of a field in the value, its names separated by dots",
        fix: 'write one such as "order.total", or leave it out for the value itself',
        charsMax: fieldCharsMax,
        pattern: /^[^.\p{Cc}]+(?:\.[^.\p{Cc}]+)*$/u,
      }),
      null,
    ),
    range: optional<NumberRange | null>(range, null),
    percentiles: maybe(percents),
    interval: optional<string | null>(fixedDuration({ min: "PT1S", max: "P366D" }), null),
  },
  { noun: "an aggregator" },
);

export const aggregation: Reader<Aggregation> = refine(fields, (read, at) => {
  const { type, field, range: within, percentiles, interval } = read;
  if (percentiles !== undefined && type !== "percentiles") {
    const wanted = { expected: `no percentiles beside the type "${type}"`, fix: 'write the type "percentiles"' };
    return mismatch(knownPath(at, "percentiles"), percentiles, wanted);
  }
  return accepted({
    aggregator: { type, field, range: within, percents: percentiles ?? percentsDefault },
    intervalMs: interval === null ? null : durationMs(interval),
  });
});
