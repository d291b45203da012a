// The parameters `since` and `until`: between which moments a stream is followed.
//
//   B1. `since` is a moment, or else the id of an event, behind which the stream begins. What can be read as a moment is one.
//   B2. A moment in the past may be written as how long ago; `until` may lie in the future.
import type { FastifyRequest } from "fastify";
import { eventById } from "./event-by-id.ts";
import { momentOf } from "./moment.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";

export type Beginning =
  /** From now on. */
  | { readonly kind: "now" }
  | { readonly kind: "moment"; readonly at: string }
  | { readonly kind: "event"; readonly id: string; readonly sequence: number; readonly at: string };

export type Period = { readonly since: Beginning; readonly until: string | null };

/** What was said relative to now is answered as the moment that it was, for whoever has to ask again. */
export function periodHeaders({ since, until }: Period): Record<string, string> {
  return {
    ...(since.kind === "moment" && { "X-Since": since.at }),
    ...(until !== null && { "X-Until": until }),
  };
}

/** What was meant as a moment, and gets its answer as one. */
const likeMoment = /^(?:now|\d{4}-\d\d|\d+ ?[a-z]{1,7}$)/i;
const idCharsMax = 256;

/** `resumed`: where it goes on is known otherwise. Throws HttpProblem 400, 404 or 409. */
export async function periodOf(
  request: FastifyRequest,
  { resumed }: { resumed: boolean },
  parts: Pick<HttpParts, "index" | "history" | "now">,
): Promise<Period> {
  const now = parts.now();
  const until = untilOf(request, now);
  const since = await sinceOf(request, now, parts);
  const from = since.kind === "moment" ? since.at : since.kind === "now" && !resumed ? now.toISOString() : null;
  if (until === null || from === null || until > from) return { since, until };
  const expected = since.kind === "moment" ? `a moment after since (${from})` : "a moment in the future, or since";
  const fix = since.kind === "moment" ? "write a later one" : "add since=1h to read the past";
  throw invalid([{ path: "until", expected, got: until, fix }]);
}

function untilOf(request: FastifyRequest, now: Date): string | null {
  const text = parameter(request, "until");
  if (text === null) return null;
  const parsed = momentOf(text, "until", now);
  if (parsed.ok) return parsed.value;
  throw invalid(parsed.problems);
}

async function sinceOf(
  request: FastifyRequest,
  now: Date,
  { index, history }: Pick<HttpParts, "index" | "history">,
): Promise<Beginning> {
  const text = parameter(request, "since");
  if (text === null) return { kind: "now" };
  const parsed = momentOf(text, "since", now);
  if (parsed.ok) return { kind: "moment", at: parsed.value };
  if (likeMoment.test(text) || text.length > idCharsMax) throw invalid(parsed.problems);
  const passed = await history.streamEnd();
  const event = await eventById(request, text, { index, passed });
  const sequence = event && (await index.ask("sequenceOf", [event.id], passed));
  if (sequence !== null && event !== null) return { kind: "event", id: text, sequence, at: event.timestamp };
  throw new HttpProblem(
    "not-found",
    `since: "${text}" is the id of no event that the stream has, and no moment such as "1h" or "2026-01-31T08:15:30Z"`,
  );
}
