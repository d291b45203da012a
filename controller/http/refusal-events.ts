// Refused calls as events of type `refused`.
//
//   R1. Whoever floods the API does not flood the stream: of one reason and caller, toldMax events are stored a minute. The other
//       calls are counted in the next event, or in one that ends the minute; no refusal goes uncounted while the controller lives.
//   R2. An event holds nothing that the caller chose freely but the site that its headers name, cut to siteCharsMax. The address is
//       shown as the route that it matched, and a workflow only when there is one of that name.
//   R3. A refusal is answered at once; that its event cannot be stored is no business of the caller.
import type { FastifyBaseLogger, FastifyRequest } from "fastify";
import { expandTags } from "../../model/event.ts";
import type { EventToAppend } from "../events/append.ts";
import type { HttpParts } from "./parts.ts";
import type { Refused, RefusedCall } from "./refused.ts";

const windowMs = 60_000;
const toldMax = 10;
/** Reasons and callers that are told apart at once; keys and tokens are 1,000 each at most. All others share one account. */
const accountsMax = 2_000;
const siteCharsMax = 200;

type Shown = {
  readonly status: number;
  readonly method: string;
  readonly route: string | null;
  readonly workflow: string | null;
  readonly site: string | null;
};

/** `untold`: refused since the last event. `last` is what the newest of them looked like. */
type Account = {
  readonly call: RefusedCall;
  readonly sinceMs: number;
  told: number;
  untold: { count: number; readonly sinceMs: number; last: Shown } | null;
};

export type RefusalEvents = {
  note(refused: Refused, request: FastifyRequest): void;
  /** Tells what has not been told, and waits until it is stored or was given up. */
  stop(): Promise<void>;
};

export function createRefusalEvents(
  parts: Pick<HttpParts, "appender" | "artifacts" | "now">,
  log: FastifyBaseLogger,
): RefusalEvents {
  const accounts = new Map<string, Account>();
  const storing = new Set<Promise<unknown>>();
  let ending: NodeJS.Timeout | null = null;

  return {
    note(refused, request) {
      const nowMs = parts.now().getTime();
      const account = accountOf(refused.call, nowMs);
      const last = shown(refused, request);
      account.untold ??= { count: 0, sinceMs: nowMs, last };
      account.untold.count += 1;
      account.untold.last = last;
      if (account.told >= toldMax) return;
      account.told += 1;
      tell(account);
    },
    async stop() {
      if (ending) clearTimeout(ending);
      for (const account of accounts.values()) tell(account);
      accounts.clear();
      await Promise.all(storing);
    },
  };

  function accountOf(call: RefusedCall, nowMs: number): Account {
    const own = `${call.reason} ${call.by}`;
    const key = accounts.has(own) || accounts.size < accountsMax ? own : call.reason;
    const known = accounts.get(key);
    if (known && nowMs - known.sinceMs < windowMs) return known;
    // The minute is over and its end was not told yet: what it left is told with this call.
    const untold = known?.untold ?? null;
    const account = { call: key === own ? call : { ...call, by: "others" }, sinceMs: nowMs, told: 0, untold };
    accounts.set(key, account);
    ending ??= setTimeout(endMinutes, windowMs).unref();
    return account;
  }

  function endMinutes(): void {
    const nowMs = parts.now().getTime();
    for (const [key, account] of accounts) {
      if (nowMs - account.sinceMs < windowMs) continue;
      tell(account);
      accounts.delete(key);
    }
    ending = accounts.size > 0 ? setTimeout(endMinutes, windowMs).unref() : null;
  }

  function tell(account: Account): void {
    if (account.untold === null) return;
    const event = refusedEvent(account.call, account.untold, parts.now());
    account.untold = null;
    const stored = parts.appender
      .append(event)
      .catch((error: unknown) => log.warn({ error: String(error) }, "a refused call could not be stored as an event"))
      .finally(() => storing.delete(stored));
    storing.add(stored);
  }

  function shown({ status, call }: Refused, request: FastifyRequest): Shown {
    const named = (request.params as { workflow?: string } | undefined)?.workflow;
    const { origin, host } = request.headers;
    return {
      status,
      method: request.method,
      route: request.routeOptions.url ?? null,
      workflow: named !== undefined && parts.artifacts.workflows.get(named) !== null ? named : null,
      site: call.reason === "cross-site" ? (origin ?? host ?? "").slice(0, siteCharsMax).toWellFormed() : null,
    };
  }
}

function refusedEvent(
  { reason, by }: RefusedCall,
  { count, sinceMs, last }: NonNullable<Account["untold"]>,
  now: Date,
): EventToAppend {
  const [kind, name] = by.split(/:(.*)/s);
  const about = [
    ...(kind === "workflow" || kind === "key" || kind === "token" ? [`${kind}s:${name}`] : []),
    ...(last.workflow === null ? [] : [`workflows:${last.workflow}`]),
  ];
  return {
    source: "/controller",
    type: "refused",
    tags: expandTags(["refused", `refused:${reason}`, ...new Set(about)]),
    value: { reason, by, ...last, count, since: new Date(sinceMs).toISOString() },
    timestamp: now.toISOString(),
  };
}
