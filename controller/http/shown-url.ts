// The address of a request as it may be shown: in the log, or in an answer. A query can hold an API key, and is never needed.
import type { FastifyRequest } from "fastify";

const shownCharsMax = 200;

export function shownUrl(request: FastifyRequest): string {
  const [path = "/", query] = request.url.split("?", 2);
  return `${path.slice(0, shownCharsMax)}${query === undefined ? "" : "?…"}`;
}
