import {
  type AggregateValue,
  type Aggregation,
  type Bucket,
  type EventQuery,
  type OneValue,
  aggregateOf,
} from "../event-api.ts";
import { serialised } from "../format.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** More digits of a number are noise of its computation. */
const digitsMax = 12;

/** A number over stored events, or one for each interval of time. */
export async function aggregate(
  session: Session,
  query: EventQuery & Aggregation,
  { json }: { json: boolean },
): Promise<void> {
  const answer = await aggregateOf(session.api, query);
  if (json) return session.print(serialised(answer, "json"));
  if (isList(answer) && answer.length === 0) return session.say("none found");
  session.print(aggregateTable(query.aggregator, answer));
}

function aggregateTable(aggregator: string, answer: OneValue | readonly Bucket[]): string {
  const rows = isList(answer)
    ? answer.map((bucket) => [["TIMESTAMP", bucket.timestamp] as const, ...cellsOf(aggregator, bucket)])
    : [cellsOf(aggregator, answer)];
  return table(
    (rows[0] ?? []).map(([heading]) => heading),
    rows.map((row) => row.map(([, text]) => text)),
  );
}

function isList(answer: OneValue | readonly Bucket[]): answer is readonly Bucket[] {
  return Array.isArray(answer);
}

type Cell = readonly [heading: string, text: string];

/** What was counted is how many it was computed from, too. */
function cellsOf(aggregator: string, { value, count }: OneValue): readonly Cell[] {
  const counted: Cell = ["COUNT", String(count)];
  if (aggregator === "count") return [counted];
  return [...namedIn(aggregator, value).map(([name, number]): Cell => [name, numberText(number)]), counted];
}

function namedIn(aggregator: string, value: AggregateValue): readonly (readonly [name: string, number | null])[] {
  if (typeof value === "number" || value === null) return [[aggregator.toUpperCase(), value]];
  const isPercent = aggregator === "percentiles";
  return Object.entries(value).map(([name, number]) => [isPercent ? `P${name}` : name.toUpperCase(), number]);
}

function numberText(number: number | null): string {
  return number === null ? "-" : String(Number(number.toPrecision(digitsMax)));
}
