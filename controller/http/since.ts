// The `since` parameter: a moment in the past.
import type { FastifyRequest } from "fastify";
import { momentOf } from "./moment.ts";
import { invalid } from "./problem.ts";
import { parameter } from "./query.ts";

/** As an instant in UTC; null without one. Throws HttpProblem 400. */
export function sinceOf(request: FastifyRequest, now: Date): string | null {
  const text = parameter(request, "since");
  if (text === null) return null;
  const parsed = momentOf(text, "since", now);
  if (parsed.ok) return parsed.value;
  throw invalid(parsed.problems);
}
