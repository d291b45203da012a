// Pages as Vamp has them: `page` from 1, `per_page`, the total in a header and RFC 8288 links. A page past the end is empty.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "../../model/problem.ts";
import { invalid } from "./problem.ts";
import { parameter } from "./query.ts";

const perPageDefault = 30;
const perPageMax = 1_000;
const pageMax = 1_000_000;

export type Page = { readonly page: number; readonly perPage: number };

/** Throws HttpProblem 400 for numbers out of range. */
export function pageOf(request: FastifyRequest): Page {
  const problems: Problem[] = [];
  const page = whole(parameter(request, "page"), "page", 1, pageMax, problems);
  const perPage = whole(parameter(request, "per_page"), "per_page", perPageDefault, perPageMax, problems);
  if (problems.length > 0) throw invalid(problems);
  return { page, perPage };
}

export function sliceOf<T>(items: readonly T[], { page, perPage }: Page): readonly T[] {
  return items.slice((page - 1) * perPage, page * perPage);
}

/**
 * Sets `X-Total-Count` and `Link` for an answer that holds one page of `total` items. Where there may be more than were counted,
 * `X-Total-Count-Relation` says `gte` and no link says which page is the last.
 */
export function setPageHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  { page, perPage }: Page,
  total: number,
  totalIsExact = true,
): void {
  const last = Math.max(1, Math.ceil(total / perPage));
  const links: string[] = [];
  const link = (target: number, rel: string): void =>
    void links.push(`<${urlOfPage(request, target, perPage)}>; rel=${rel}`);
  link(1, "first");
  if (page > 1) link(Math.min(page - 1, last), "prev");
  if (page < last || !totalIsExact) link(page + 1, "next");
  if (totalIsExact) link(last, "last");
  else reply.header("X-Total-Count-Relation", "gte");
  reply.header("X-Total-Count", String(total)).header("Link", links.join(", "));
}

function urlOfPage(request: FastifyRequest, page: number, perPage: number): string {
  const url = new URL(request.url, `${request.protocol}://${request.host}`);
  url.searchParams.set("page", String(page));
  url.searchParams.set("per_page", String(perPage));
  return url.href;
}

function whole(text: string | null, name: string, fallback: number, max: number, problems: Problem[]): number {
  if (text === null) return fallback;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= 1 && value <= max) return value;
  problems.push({
    path: name,
    expected: `a whole number from 1 to ${max}`,
    got: `"${text.slice(0, 40)}"`,
    fix: `write ${name}=${fallback}`,
  });
  return fallback;
}
