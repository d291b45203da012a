// Whether a request is tried again, and when: a pure decision.
//
//   R1. What certainly was not done (unsent, 429, 503) is tried again, whatever the request.
//   R2. What may have been done (cut) is tried again only when doing it twice is harmless: GET, PUT, DELETE, or any request
//       that carries an idempotency key.
//   R3. Nothing is tried again after retryForMaxMs; every request gets at least one attempt.
import type { Exchange, Request } from "./exchange.ts";

/** Long enough for a controller that is being upgraded. */
export const retryForMaxMs = 300_000;
const delayFirstMs = 100;
const delayMaxMs = 5_000;

export type Decision = { readonly kind: "done" } | { readonly kind: "again"; readonly delayMs: number };

/** `attempts` made so far (at least 1), `elapsedMs` since the call; `random` in [0, 1) spreads the callers of one outage. */
export function nextAttempt(
  request: Request,
  last: Exchange,
  { attempts, elapsedMs, random }: { attempts: number; elapsedMs: number; random: number },
): Decision {
  if (!mayRepeat(request, last)) return { kind: "done" };
  const growing = Math.min(delayMaxMs, delayFirstMs * 2 ** (attempts - 1)) * (0.5 + random / 2);
  const asked = last.kind === "answered" ? Math.min(last.retryAfterMs ?? 0, delayMaxMs) : 0;
  const delayMs = Math.round(Math.max(growing, asked));
  return elapsedMs + delayMs > retryForMaxMs ? { kind: "done" } : { kind: "again", delayMs };
}

function mayRepeat(request: Request, last: Exchange): boolean {
  if (last.kind === "answered") return last.status === 429 || last.status === 503;
  if (last.kind === "unsent") return true;
  return last.kind === "cut" && (request.method !== "POST" || "Idempotency-Key" in request.headers);
}
