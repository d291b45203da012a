// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is repeated under one key is one event, or one
// batch of them.
import { isDeepStrictEqual } from "node:util";
import type { FastifyRequest } from "fastify";
import type { Event } from "../../model/event.ts";
import type { EventToAppend } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import { HttpProblem } from "./problem.ts";

const keyCharsMax = 200;

/** The id of the event that a request from `source` with this key stores; null without the header. Throws HttpProblem 400. */
export function idempotentId(request: FastifyRequest, source: string): string | null {
  const key = idempotencyKeyOf(request);
  return key === null ? null : eventIdOf(source, key);
}

/** Null without the header. Throws HttpProblem 400. */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string" || key === "") return null;
  if (key.length <= keyCharsMax) return key;
  throw new HttpProblem(
    "invalid",
    `Idempotency-Key: expected at most ${keyCharsMax} characters, got ${key.length}; write a shorter one, such as a UUID`,
  );
}

/**
 * A repeat is about the same event. Its time may be another one, which a sender that gives none gets anew. Throws HttpProblem 422
 * (section 2.7 of the draft).
 */
export function refuseKeyOfAnother(sent: EventToAppend, stored: Event): void {
  if (isDeepStrictEqual(whatOf(sent), whatOf(stored))) return;
  throw new HttpProblem(
    "key-of-another",
    `Idempotency-Key: expected the event that came with it before (${stored.id}), got one with another type, tags or value; write a new key for another event`,
  );
}

/** As it is read from the stream. */
function whatOf({ type, tags, value }: EventToAppend): unknown {
  return JSON.parse(JSON.stringify([type, tags, value]));
}
