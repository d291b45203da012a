// `If-Match` and `If-None-Match` of writes (RFC 9110): the tag of an artifact is its revision. A status is no part of it: suspending
// or restarting makes no revision, so a tag stands for the document and not for what an answer shows of its state.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "../../model/problem.ts";
import { shown } from "../../model/shown.ts";
import type { Condition } from "../artifacts/condition.ts";
import { HttpProblem, invalid } from "./problem.ts";

/** One entity tag (RFC 9110, 8.8.3). */
const tagPattern = /^(W\/)?"([\x21\x23-\x7E\x80-\xFF]*)"$/;
const tagsMax = 64;

/** Null without either header. Throws HttpProblem 400. */
export function conditionOf(request: FastifyRequest): Condition | null {
  const ifMatch = request.headers["if-match"];
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifMatch === undefined && ifNoneMatch === undefined) return null;
  const problems: Problem[] = [];
  const match = ifMatch === undefined ? null : matchOf(ifMatch.trim());
  if (match === "malformed")
    problems.push({
      path: "If-Match",
      expected: `the ETag of what was read, such as "3", a list of at most ${tagsMax}, or *`,
      got: shown(ifMatch),
      fix: 'write If-Match: "3" with the quotes',
    });
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== "*")
    problems.push({
      path: "If-None-Match",
      expected: "*, which means: only when there is none yet",
      got: shown(ifNoneMatch),
      fix: "write If-None-Match: *",
    });
  if (match === "malformed" || problems.length > 0) throw invalid(problems);
  return { match, absent: ifNoneMatch !== undefined };
}

/** For requests about several artifacts, where one revision says nothing. Throws HttpProblem 400. */
export function refuseCondition(request: FastifyRequest): void {
  if (conditionOf(request) === null) return;
  throw new HttpProblem(
    "invalid",
    "If-Match and If-None-Match go with one artifact; write it at its own address, /api/v1/breeds/NAME or /api/v1/workflows/NAME",
  );
}

export function setTag(reply: FastifyReply, revision: number): void {
  reply.header("ETag", `"${revision}"`);
}

/** A tag that is none of ours, or a weak one, matches nothing. */
function matchOf(text: string): Condition["match"] | "malformed" {
  if (text === "*") return "any";
  const tags = text.split(",").map((tag) => tagPattern.exec(tag.trim()));
  if (tags.length > tagsMax) return "malformed";
  const revisions: number[] = [];
  for (const tag of tags) {
    if (tag === null) return "malformed";
    const [, weak, value = ""] = tag;
    if (weak === undefined && /^[1-9]\d{0,14}$/.test(value)) revisions.push(Number(value));
  }
  return revisions;
}
