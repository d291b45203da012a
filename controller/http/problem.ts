// The one error of the HTTP edge. Every refusal is an RFC 9457 problem; `problems` lists each thing that is wrong with the input.
import { STATUS_CODES } from "node:http";
import type { Problem } from "../../model/problem.ts";
import { problemText } from "../../model/problem.ts";

/** Codes of this edge and the HTTP status that each stands for. */
const statusOf = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  timeout: 408,
  conflict: 409,
  gone: 410,
  "precondition-failed": 412,
  "too-large": 413,
  "unknown-content-type": 415,
  "key-of-another": 422,
  "too-many-requests": 429,
  "head-too-large": 431,
  internal: 500,
  unavailable: 503,
} as const;

export type ProblemCode = keyof typeof statusOf;

export type ProblemBody = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly problems?: readonly Problem[];
};

export class HttpProblem extends Error {
  readonly status: number;
  readonly body: ProblemBody;

  constructor(code: ProblemCode, detail: string, problems?: readonly Problem[]) {
    super(detail);
    this.status = statusOf[code];
    this.body = {
      type: `urn:drover:problem:${code}`,
      title: STATUS_CODES[this.status] ?? code,
      status: this.status,
      detail,
      ...(problems ? { problems } : {}),
    };
  }
}

/** Input with problems: the first one is the detail, all of them are listed. */
export function invalid(problems: readonly Problem[]): HttpProblem {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new HttpProblem("invalid", first ? `${problemText(first)}${more}` : "the input is not valid", problems);
}
