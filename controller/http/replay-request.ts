// What a request for a replay asks for, in its body or in its query parameters.
import type { FastifyRequest } from "fastify";
import { sourcePattern } from "../../model/event-schedule.ts";
import { eventTags } from "../../model/event-fields.ts";
import { wholeNumber } from "../../model/number.ts";
import { type Parsed, accepted, refused } from "../../model/problem.ts";
import { type Reader, mismatch } from "../../model/reader.ts";
import { optional, record, required } from "../../model/record.ts";
import type { ReplayQuery } from "../../model/replay.ts";
import { text } from "../../model/text.ts";
import { topicPattern } from "../../model/topic-pattern.ts";
import { replayedAtOnceMax } from "../triggers/replay.ts";
import { documentsOf } from "./body.ts";
import { momentOf } from "./moment.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter, parameters } from "./query.ts";

const countDefault = 50;

/** `after`: behind this stream sequence; null: from the first on. */
export type ReplayAsked = { readonly query: ReplayQuery; readonly after: number | null; readonly limit: number };

type Fields = ReplayQuery & Omit<ReplayAsked, "query">;

const replayId: Reader<string> = text({
  expected: "the id of a replay: letters, digits, dash and underscore",
  fix: "make one up, and repeat it with every part of the replay",
  charsMax: 64,
  pattern: /^[\w-]+$/,
});

/** The next part of a replay. Throws HttpProblem 400 with everything that is wrong. */
export function replayPartOf(request: FastifyRequest, now: Date): ReplayAsked & { readonly replay: string } {
  const [document, second] = documentsOf(request);
  if (second) throw new HttpProblem("invalid", "body: expected one document, got several; ask for one part at a time");
  const read = record<Fields & { replay: string }>(
    { replay: required(replayId, 'add "replay:" with an id that you make up'), ...shape(now) },
    { noun: "a part of a replay" },
  );
  const { replay, ...fields } = valueOf(read(document?.value, "body"));
  return { replay, ...split(fields) };
}

/** The same in the address, without an id. Throws HttpProblem 400. */
export function replayPreviewOf(request: FastifyRequest, now: Date): ReplayAsked {
  const given = (name: string): string | undefined => parameter(request, name) ?? undefined;
  const raw = {
    since: given("since"),
    until: given("until"),
    tags: parameters(request, "tag"),
    type: given("type"),
    source: given("source"),
    after: numberIn(given("after")),
    limit: numberIn(given("limit")),
  };
  return split(valueOf(record<Fields>(shape(now), { noun: "a replay" })(raw, "")));
}

function shape(now: Date) {
  const moment: Reader<string> = (raw, at) =>
    typeof raw === "string"
      ? momentOf(raw, at, now)
      : mismatch(at, raw, { expected: "a moment as text", fix: 'write "1h", or an ISO 8601 instant' });
  const sequence = wholeNumber({ noun: "a place in the stream", min: 0, max: Number.MAX_SAFE_INTEGER });
  const limit = wholeNumber({ noun: "how many events", min: 1, max: replayedAtOnceMax });
  return {
    since: required(moment, 'say since when, such as "1h"'),
    until: optional(moment, now.toISOString()),
    tags: optional(tagsOrNone, []),
    type: optional<string | null>(topicPattern, null),
    source: optional<string | null>(sourcePattern, null),
    after: optional<number | null>(sequence, null),
    limit: optional(limit, countDefault),
  };
}

const tagsOrNone: Reader<readonly string[]> = (raw, at) =>
  Array.isArray(raw) && raw.length === 0 ? accepted([]) : eventTags(raw, at);

function valueOf<T extends ReplayQuery>(parsed: Parsed<T>): T {
  const checked = parsed.ok ? isForwards(parsed.value) : parsed;
  if (!checked.ok) throw invalid(checked.problems);
  return checked.value;
}

function isForwards<T extends ReplayQuery>(asked: T): Parsed<T> {
  if (asked.since < asked.until) return accepted(asked);
  return refused({
    path: "since",
    expected: `a moment before ${asked.until}`,
    got: asked.since,
    fix: "go further back",
  });
}

function split({ after, limit, ...query }: Fields): ReplayAsked {
  return { query, after, limit };
}

/** What is no number is left as it is, for the reader to refuse. */
function numberIn(written: string | undefined): number | string | undefined {
  return written !== undefined && /^\d{1,16}$/.test(written) ? Number(written) : written;
}
