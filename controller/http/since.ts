// A moment in the past as people write it: an ISO 8601 instant, or how long ago (`1h`, `now-1h`).
import type { FastifyRequest } from "fastify";
import { instant } from "../../model/instant.ts";
import { shown } from "../../model/shown.ts";
import { invalid } from "./problem.ts";
import { parameter } from "./query.ts";

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The `since` parameter as an instant in UTC; null without one. Throws HttpProblem 400. */
export function sinceOf(request: FastifyRequest, now: Date): string | null {
  const text = parameter(request, "since");
  if (text === null) return null;
  // A plus in a query is a space; it stands in offsets such as +02:00.
  const parsed = instant(text.replace(" ", "+"), "since");
  if (parsed.ok) return parsed.value;
  const [, amount = "", unit = ""] = /^(?:now-)?(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const ms = now.getTime() - Number(amount) * (unitMs[unit] ?? Number.NaN);
  if (ms >= 0) return new Date(ms).toISOString();
  throw invalid([
    {
      path: "since",
      expected: 'an ISO 8601 instant such as "2026-01-31T08:15:30Z", or how long ago, such as "1h"',
      got: shown(text),
      fix: "write since=1h",
    },
  ]);
}
