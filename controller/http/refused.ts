// A call that is refused because of who makes it: 401, 403 or 429. Each is an event (refusal-events.ts), so it says why in one word and
// who called, as far as that is known, in words that the caller cannot choose.
import { HttpProblem } from "./problem.ts";

/** Words of this edge for who may not, and the code of the answer. */
const codeOf = {
  "cross-site": "forbidden",
  "workflow-code": "forbidden",
  "no-key": "unauthorized",
  "unknown-key": "unauthorized",
  "wrong-key": "forbidden",
  "no-token": "unauthorized",
  "unknown-token": "unauthorized",
  "expired-token": "unauthorized",
  role: "forbidden",
  scope: "forbidden",
  permissions: "forbidden",
  rate: "too-many-requests",
} as const;

export type RefusalReason = keyof typeof codeOf;

export type RefusedCall = {
  readonly reason: RefusalReason;
  /** `workflow:<name>`, `key:<name>` or `token:<name>` of one that exists, `admin-token`, or `anyone`. */
  readonly by: string;
};

export class Refused extends HttpProblem {
  readonly call: RefusedCall;

  constructor(call: RefusedCall, detail: string) {
    super(codeOf[call.reason], detail);
    this.call = call;
  }
}
