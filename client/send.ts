// Sends a request of the API until it is answered: through the gate, and again after an outage, as retry.ts decides.
import { setTimeout as sleep } from "node:timers/promises";
import { complain } from "./complaint.ts";
import { exchange, type Exchange, type Request } from "./exchange.ts";
import { Gate } from "./gate.ts";
import { nextAttempt, retryForMaxMs } from "./retry.ts";
import { StatusError } from "./status-error.ts";

const gate = new Gate({ insideMax: 256, waitingMax: 10_000 });

/** True from the first unanswered attempt until the next answer: an outage is said once, not once per call. */
let away = false;

export type Reply = { readonly body: string; readonly nextCursor: string | null };

/** A 2xx answer. Rejects with a StatusError for another status, else with the error of the last attempt. */
export async function send(request: Request): Promise<Reply> {
  const calledAtMs = performance.now();
  return gate.pass(async () => {
    for (let attempts = 1; ; attempts += 1) {
      const last = await exchange(request);
      const elapsedMs = performance.now() - calledAtMs;
      const decision = nextAttempt(request, last, { attempts, elapsedMs, random: Math.random() });
      if (decision.kind === "done") return replyOf(request, last);
      sayAway(request, last);
      await sleep(decision.delayMs);
    }
  });
}

function replyOf(request: Request, last: Exchange): Reply {
  if (last.kind !== "answered") {
    throw new Error(`${request.method} ${request.url.href}: ${reasonOf(last)}`, { cause: last.error });
  }
  away = false;
  if (last.status < 200 || last.status > 299) throw new StatusError(last.status, last.body);
  return last;
}

function sayAway(request: Request, last: Exchange): void {
  if (away) return;
  away = true;
  complain(
    `${request.method} ${request.url.href} is not answered (${reasonOf(last)}); trying again for ${retryForMaxMs / 1_000} s`,
  );
}

function reasonOf(last: Exchange): string {
  if (last.kind === "answered") return `status ${last.status}`;
  const code = "code" in last.error ? String(last.error.code) : "";
  return last.error.message || code;
}
