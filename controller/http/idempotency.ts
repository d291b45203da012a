// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is repeated under one key is one event, or one
// batch of them.
import type { FastifyRequest } from "fastify";
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
