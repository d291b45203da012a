// An HTTP answer of the gateway as a value; problems are RFC 9457 bodies.
import { STATUS_CODES } from "node:http";
import type { Problem } from "../model/problem.ts";

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export function json(status: number, value: unknown, type = "application/json"): Answer {
  return { status, headers: { "content-type": `${type}; charset=utf-8` }, body: JSON.stringify(value) };
}

/** `problems` names everything that is wrong with the input, when input is what is wrong. */
export function problem(status: number, detail: string, problems: readonly Problem[] = []): Answer {
  const title = STATUS_CODES[status] ?? "Error";
  return {
    status,
    headers: { "content-type": "application/problem+json; charset=utf-8" },
    body: JSON.stringify({ type: "about:blank", title, status, detail, ...(problems.length > 0 ? { problems } : {}) }),
  };
}

/** Not now, but soon: the same request may be sent again. */
export function unavailable(detail: string): Answer {
  const answer = problem(503, detail);
  return { ...answer, headers: { ...answer.headers, "retry-after": "1" } };
}
