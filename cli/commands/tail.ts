// Events through time, and with --logs what workflows write between them. A workflow or run that is not there is said, and followed.
//
//   T1. Each once and in order, across restarts of the controller. It ends with what --until asks for, or Ctrl-C; both with 0.
//   T2. JSON is an event as it is, a line each. With --logs every line has a `kind` besides: `event` or `log`.
import type { Event } from "../../model/event.ts";
import type { EventQuery } from "../event-api.ts";
import { eventLine } from "../event-text.ts";
import { Refused } from "../failure.ts";
import { follow } from "../follow.ts";
import { type Outage, createOutage } from "../outage.ts";
import type { Session } from "../session.ts";
import { type Connect, eventStream, logStream } from "../tail-api.ts";
import { type Source, type Timed, inTimeOrder } from "../time-order.ts";
import type { LogLine } from "../views.ts";

/** Lines of output are on their way for longer than events. */
const holdMs = 400;
const pokeMs = 100;

type Line = Timed & { readonly text: string };
type ToLine = (data: string) => Line;

export async function tail(
  session: Session,
  query: EventQuery,
  { json, logs }: { json: boolean; logs: boolean },
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([session.interruption(), ending.signal]);
  const outage = createOutage(session.say);
  const stream = (connect: Connect, toLine: ToLine): Source<Line> =>
    sourceOf(session, { connect, toLine, outage, signal });
  await sayWhatIsMissing(session, query);
  const sources = [stream(eventStream(session.api, query), json ? eventDocument(logs) : eventText)];
  if (logs) sources.push(stream(logStream(session.api, query), json ? logDocument : logText));
  try {
    for await (const { text } of inTimeOrder(sources, { holdMs, pokeMs })) session.print(`${text}\n`);
  } finally {
    ending.abort();
  }
}

/** It may have been deleted, be one to come, or a typing mistake. */
async function sayWhatIsMissing({ api, say }: Session, { workflow, run }: EventQuery): Promise<void> {
  if (workflow !== undefined && (await isMissing(api.workflow(workflow))))
    say(`there is no workflow "${workflow}" now`);
  if (run !== undefined && (await isMissing(api.runById(run)))) say(`there is no run "${run}" so far`);
}

/** What else goes wrong, the stream itself will say. */
async function isMissing(answer: Promise<unknown>): Promise<boolean> {
  return answer.then(
    () => false,
    (error: unknown) => error instanceof Refused && error.status === 404,
  );
}

function sourceOf(
  { say }: Session,
  { connect, toLine, outage, signal }: { connect: Connect; toLine: ToLine; outage: Outage; signal: AbortSignal },
): Source<Line> {
  let isCaughtUp = false;
  const messages = follow({ connect, outage, signal, onCaughtUp: (is) => (isCaughtUp = is) });
  return { items: lines(), isCaughtUp: () => isCaughtUp };

  async function* lines(): AsyncGenerator<Line, void, void> {
    for await (const { id, event, data } of messages) {
      // What the stream says of itself has no id.
      if (id !== null) yield toLine(data);
      else if (event === "over") return;
      else say(`${event}: ${data}`);
    }
  }
}

function eventText(data: string): Line {
  const event: Event = JSON.parse(data);
  return { timeMs: Date.parse(event.timestamp), text: eventLine(event) };
}

function eventDocument(isNamed: boolean): ToLine {
  return (data) => {
    const event: Event = JSON.parse(data);
    return { timeMs: Date.parse(event.timestamp), text: isNamed ? JSON.stringify({ kind: "event", ...event }) : data };
  };
}

function logText(data: string): Line {
  const { timestamp, workflow, run, stream, text }: LogLine = JSON.parse(data);
  return { timeMs: Date.parse(timestamp), text: `${timestamp}  log  ${workflow}  ${run}  ${stream}  ${text}` };
}

function logDocument(data: string): Line {
  const line: LogLine = JSON.parse(data);
  return { timeMs: Date.parse(line.timestamp), text: JSON.stringify({ kind: "log", ...line }) };
}
