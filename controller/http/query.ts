// Query parameters as text. One that is repeated has several values.
import type { FastifyRequest } from "fastify";

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Fastify's `querystringParser`: null-prototype, so that no parameter can be mistaken for an object's own. */
export function parseQuery(text: string): Query {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

export function parameters(request: FastifyRequest, name: string): readonly string[] {
  return [(request.query as Query)[name] ?? []].flat();
}

/** The last value of a parameter; null when it is absent or empty. */
export function parameter(request: FastifyRequest, name: string): string | null {
  return parameters(request, name).at(-1) || null;
}
