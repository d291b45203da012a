// How much of what a query finds one answer shows: a page by its number, as Vamp has them, or what comes behind a cursor.
//
//   R1. Pages by number are full but for the last one. They carry how many events there are: exactly, or at least as many as
//       were counted, which `X-Total-Count-Relation: gte` says.
//   R2. An answer by cursor may be shorter than per_page where events are large; the empty one is the end. It counts nothing.
//   R3. Every answer with events carries the cursor behind its last one, so whoever began with pages can go on by cursor. The empty
//       answer by cursor carries the one that it was asked with.
import type { FastifyReply, FastifyRequest } from "fastify";
import { shown } from "../../model/shown.ts";
import type { EventIndex } from "../events/index.ts";
import { PageTooLarge } from "../events/page.ts";
import type { EventPage, EventQuery } from "../events/questions.ts";
import { cursorStart, fingerprintOf, readCursor, writeCursor } from "./event-cursor.ts";
import type { EventQuestion } from "./event-question.ts";
import { rangeOf, writtenOf } from "./event-times.ts";
import { type Page, pageOf, setPageHeaders } from "./paging.ts";
import { type HttpProblem, invalid } from "./problem.ts";
import { parameter, parameters } from "./query.ts";

/** Events that a page by number may pass over: some 100 ms of the index's time. */
const passedOverMax = 30_000;

/** Where a reading by cursor begins. */
const beforeAll: Readonly<Record<EventQuery["order"], number>> = { oldest: 0, newest: Number.MAX_SAFE_INTEGER };

type Place =
  | { readonly kind: "page"; readonly page: Page; readonly time: EventQuery["time"] }
  | {
      readonly kind: "cursor";
      readonly limit: number;
      readonly beyond: number | null;
      readonly time: EventQuery["time"];
    };

/** The events' JSON texts. Sets the headers of the answer. Throws HttpProblem 400. */
export async function readEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { question: EventQuestion; index: EventIndex; passed: number; gone: AbortSignal },
): Promise<readonly string[]> {
  const { question, index, passed, gone } = asked;
  const { filter, order, times } = question;
  const fingerprint = fingerprintOf([{ ...filter, tags: filter.tags?.toSorted() }, order, writtenOf(times)]);
  const place = placeOf(request, question, fingerprint);
  const found = place.kind === "page" ? await onePage(place) : await behind(place);
  const last = found.sequences.at(-1);
  const shownTo = last ?? (place.kind === "cursor" ? (place.beyond ?? beforeAll[order]) : null);
  if (shownTo === null) return found.texts;
  const cursor = writeCursor(fingerprint, { beyond: shownTo, time: place.time });
  reply.header("X-Next-Cursor", cursor);
  if (place.kind === "cursor" && last !== undefined)
    reply.header("Link", `<${urlOfCursor(request, cursor)}>; rel=next`);
  return found.texts;

  async function onePage({ page, time }: Extract<Place, { kind: "page" }>): Promise<EventPage> {
    const offset = (page.page - 1) * page.perPage;
    const isTooDeep = offset > passedOverMax;
    const slice = isTooDeep ? { offset: passedOverMax, limit: 1 } : { offset, limit: page.perPage };
    const query: EventQuery = { filter, time, order, beyond: null, ...slice, count: "bounded" };
    const answer = await index.query(query, passed, gone);
    // Past the end every page is empty, however deep.
    if (isTooDeep && answer.texts.length > 0) throw tooDeep();
    setPageHeaders(request, reply, page, answer.total ?? 0, answer.totalIsExact);
    return answer;
  }

  function tooDeep(): HttpProblem {
    const fix = `read deeper by cursor: begin with cursor=${cursorStart}, go on with what X-Next-Cursor says`;
    const got = shown(parameter(request, "page"));
    return invalid([{ path: "page", expected: `a page within the first ${passedOverMax} events`, got, fix }]);
  }

  async function behind({ limit, beyond, time }: Extract<Place, { kind: "cursor" }>): Promise<EventPage> {
    for (let size = limit; ; size >>= 1) {
      const query: EventQuery = { filter, time, order, beyond, offset: 0, limit: size, count: "none" };
      try {
        return await index.query(query, passed, gone);
      } catch (error) {
        // One event always fits.
        if (!(error instanceof PageTooLarge) || size === 1) throw error;
      }
    }
  }
}

function placeOf(request: FastifyRequest, { times }: EventQuestion, fingerprint: string): Place {
  const page = pageOf(request);
  const text = parameters(request, "cursor").at(-1);
  if (text === undefined) return { kind: "page", page, time: rangeOf(times) };
  const number = parameter(request, "page");
  if (number !== null)
    throw invalid([{ path: "page", expected: "no page beside a cursor", got: shown(number), fix: "leave it out" }]);
  if (text === cursorStart) return { kind: "cursor", limit: page.perPage, beyond: null, time: rangeOf(times) };
  const cursor = readCursor(text, fingerprint);
  if (!cursor.ok) throw invalid(cursor.problems);
  return { kind: "cursor", limit: page.perPage, ...cursor.value };
}

function urlOfCursor(request: FastifyRequest, cursor: string): string {
  const url = new URL(request.url, `${request.protocol}://${request.host}`);
  url.searchParams.set("cursor", cursor);
  return url.href;
}
