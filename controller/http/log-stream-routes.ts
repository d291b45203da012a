// The output of all workflows, of one, or of one run, followed through time.
//
//   L1. Lines come in the order in which they were stored, each once: a line's id names it, so a reader resumes behind the very line.
//   L2. `since` and `until` are about the time at which a line was written. It is stored later than that, so nothing is missed.
//   L3. A slow reader is waited for, as long as it reads at all (outlet.ts); it has a consumer of its own and holds up nobody.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ReadFrom } from "../../bus/stream-reader.ts";
import type { LogPart, LogReader, LogSource, LogView } from "../runs/logs.ts";
import { type Period, periodHeaders, periodOf } from "./beginning.ts";
import { refuseStreamToWorkflow } from "./door.ts";
import { Type } from "./json-schema.ts";
import { refuseUnknownParameters } from "./known-parameters.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { parameter } from "./query.ts";
import { refusals } from "./schemas.ts";
import { refuseOtherWorkflows } from "./scope.ts";
import { type SseStream, openSse } from "./sse.ts";
import { periodOthers, periodParameters } from "./stream-routes.ts";

/** Each has a consumer at the server. */
const followersMax = 200;
const waitMs = 1_000;
/** Agents store lines in batches, a moment after they were written. */
const settleMs = 1_000;
/** Between the clock of the server that stores lines and the clocks by which they were written. */
const skewMs = 10_000;
const nameCharsMax = 256;

const known = {
  workflow: Type.Optional(Type.String({ description: "of this workflow only" })),
  run: Type.Optional(Type.String({ description: "of this run only" })),
  ...periodParameters,
};
const schema = {
  tags: ["runs"],
  summary: "Follow what workflows write (server-sent events)",
  querystring: Type.Object(known),
  produces: ["text/event-stream"],
  response: refusals,
};

/** The line that a reader has seen last: its part of the stream, and which line of that it is. */
type Place = { readonly sequence: number; readonly line: number };

export function logStreamRoutes(app: FastifyInstance, parts: HttpParts): void {
  let followers = 0;
  app.get("/api/v1/logs/stream", { schema, exposeHeadRoute: false }, async (request, reply) => {
    refuseStreamToWorkflow(request);
    refuseUnknownParameters(request, { known, others: periodOthers });
    const source = { workflow: nameIn(request, "workflow"), run: nameIn(request, "run") };
    refuseOtherWorkflows(request, source.workflow);
    const seen = lastSeenOf(request);
    const period = await periodOf(request, { resumed: seen !== null }, parts);
    const from = await beginningOf(period, seen, parts);
    if (followers >= followersMax)
      throw new HttpProblem(
        "unavailable",
        `${followersMax} callers follow the output already; try again when one has ended`,
      );
    followers += 1;
    const gone = new AbortController();
    const stream = openSse(reply, {
      onEnd() {
        followers -= 1;
        gone.abort();
      },
      headers: periodHeaders(period),
    });
    void send(stream, { source, period, from, seen, gone: gone.signal }, parts);
    return reply;
  });
}

type Following = {
  readonly source: LogSource;
  readonly period: Period;
  readonly from: ReadFrom;
  readonly seen: Place | null;
  readonly gone: AbortSignal;
};

/** When NATS does not answer, the stream just ends: its reader connects again. */
async function send(
  stream: SseStream,
  { source, period, from, seen, gone }: Following,
  { logs, now }: Pick<HttpParts, "logs" | "now">,
): Promise<void> {
  let reader: LogReader | null = null;
  const isMissing = missing(period, seen);
  const endsMs = period.until === null ? Infinity : Date.parse(period.until);
  try {
    reader = await logs.read(source, from);
    for (let isLive = false; !gone.aborted;) {
      const mayEnd = now().getTime() >= endsMs + settleMs;
      const found = await reader.next(isLive && !mayEnd ? waitMs : waitMs / 10);
      for (const part of found) await sendPart(part);
      if (found.length > 0 || gone.aborted || (isLive && !mayEnd)) continue;
      const end = await logs.end();
      if (!(await reader.isAtEnd())) continue;
      if (!isLive) stream.position(`${end}`);
      isLive = true;
      if (mayEnd) return stream.send({ id: null, event: "over", data: JSON.stringify({ until: period.until }) });
    }
  } catch {
    // The reader has gone, or NATS does not answer now.
  } finally {
    stream.end();
    await reader?.stop();
  }

  async function sendPart({ sequence, lines }: LogPart): Promise<void> {
    for (const [line, view] of lines.entries()) {
      const room = stream.room();
      if (room) await room;
      if (isMissing({ sequence, line }, view))
        stream.send({ id: `${sequence}.${line}`, event: "log", data: JSON.stringify(view) });
    }
  }
}

/** What the reader has not seen yet and asks for. */
function missing({ since, until }: Period, seen: Place | null): (place: Place, view: LogView) => boolean {
  const fromMs = since.kind === "now" ? -Infinity : Date.parse(since.at);
  const toMs = until === null ? Infinity : Date.parse(until);
  return ({ sequence, line }, { timestamp }) => {
    const ms = Date.parse(timestamp);
    const isSeen = seen !== null && sequence === seen.sequence && line <= seen.line;
    return !isSeen && ms >= fromMs && ms < toMs;
  };
}

async function beginningOf(
  { since }: Period,
  seen: Place | null,
  { logs }: Pick<HttpParts, "logs">,
): Promise<ReadFrom> {
  if (seen !== null) return { kind: "sequence", sequence: seen.line === Infinity ? seen.sequence + 1 : seen.sequence };
  if (since.kind !== "now") return { kind: "time", time: new Date(Date.parse(since.at) - skewMs).toISOString() };
  return { kind: "sequence", sequence: (await logs.end()) + 1 };
}

/** A sequence alone stands for all of its lines. Throws HttpProblem 400. */
function lastSeenOf({ headers }: FastifyRequest): Place | null {
  const given = headers["last-event-id"];
  if (given === undefined || given === "") return null;
  const [, sequence, line] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(String(given)) ?? [];
  if (sequence === undefined)
    throw new HttpProblem("invalid", "Last-Event-ID: expected an id that this stream has sent");
  return { sequence: Number(sequence), line: line === undefined ? Infinity : Number(line) };
}

function nameIn(request: FastifyRequest, name: string): string | null {
  const given = parameter(request, name);
  if (given === null || given.length <= nameCharsMax) return given;
  throw new HttpProblem("invalid", `${name}: expected at most ${nameCharsMax} characters`);
}
