// Whether whoever made a call still waits for its answer.
import type { FastifyReply } from "fastify";

/** Aborted when the connection closes, and when the answer has been sent. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (reply.raw.destroyed) gone.abort();
  else reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
