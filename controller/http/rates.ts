// How many requests a second each caller may make. A token bucket for each (in memory, of this controller alone): who was quiet may
// make burstSeconds' worth at once.
import type { FastifyReply } from "fastify";
import type { Identity } from "./identity.ts";
import { nameOf } from "./identity.ts";
import { Refused } from "./refused.ts";

const burstSeconds = 2;
/** Callers that are told apart; beyond it, those whose buckets are full are forgotten, which changes nothing for them. */
const callersMax = 10_000;

/** Requests a second; null: as many as they like. Whoever is at this machine while the API is open is never held back. */
export type RateLimits = {
  readonly tokenPerSecond: number | null;
  readonly codePerSecond: number | null;
};

export type Rates = {
  /** Throws Refused 429, and says in `Retry-After` when there is room again. */
  take(reply: FastifyReply, identity: Identity): void;
  /** The same for whoever calls a webhook with this key. */
  takeAsKey(reply: FastifyReply, key: string): void;
};

type Caller = { left: number; atMs: number };

export function createRates(
  { tokenPerSecond, codePerSecond }: RateLimits,
  nowMs: () => number = () => performance.now(),
): Rates {
  const callers = new Map<string, Caller>();
  return {
    take(reply, identity) {
      if (identity.kind === "workflow") return takeOne(reply, nameOf(identity), codePerSecond);
      if (identity.name === "local" || identity.role === null) return;
      takeOne(reply, identity.name, tokenPerSecond);
    },
    takeAsKey: (reply, key) => takeOne(reply, `key:${key}`, tokenPerSecond),
  };

  function takeOne(reply: FastifyReply, name: string, perSecond: number | null): void {
    if (perSecond === null) return;
    const waitMs = spend(name, perSecond);
    if (waitMs === 0) return;
    reply.header("Retry-After", String(Math.ceil(waitMs / 1_000)));
    throw new Refused(
      { reason: "rate", by: name },
      `${name} makes more than ${perSecond} requests a second; wait ${Math.ceil(waitMs)} ms before the next one`,
    );
  }

  /** How long to wait until there is one; 0: it is taken. */
  function spend(name: string, perSecond: number): number {
    const atMs = nowMs();
    const max = Math.max(1, perSecond * burstSeconds);
    const caller = callers.get(name) ?? { left: max, atMs };
    caller.left = Math.min(max, caller.left + ((atMs - caller.atMs) / 1_000) * perSecond);
    caller.atMs = atMs;
    if (!callers.has(name) && callers.size >= callersMax) forgetQuiet(atMs);
    callers.set(name, caller);
    if (caller.left < 1) return ((1 - caller.left) / perSecond) * 1_000;
    caller.left -= 1;
    return 0;
  }

  function forgetQuiet(atMs: number): void {
    for (const [name, caller] of callers) if (atMs - caller.atMs > burstSeconds * 1_000) callers.delete(name);
  }
}
