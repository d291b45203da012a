// Sends events and webhooks at a steady rate, each with an idempotency key of its own and again and again until it is accepted.
// What was accepted is the ledger that everything is checked against afterwards.
import { setTimeout as delay } from "node:timers/promises";

const tickMs = 50;
const againMs = 250;
const requestMsMax = 10_000;
const unavailable = 503;
/** While nothing answers, no more than this piles up. */
const waitingMax = 5_000;

export type Target = {
  readonly url: () => string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly perSecond: number;
  readonly body: (n: number) => unknown;
  /** The id of the event, out of the answer to an accepted request. */
  readonly idOf: (answer: Record<string, unknown>) => unknown;
};

export type Sender = {
  /** Ids of the events that were accepted. */
  readonly accepted: ReadonlySet<string>;
  /** Answers other than "accepted" and "unavailable, come again". */
  readonly surprises: readonly string[];
  /** Stops sending; resolves when everything sent was accepted. */
  stop(): Promise<void>;
};

export function startSender(target: Target): Sender {
  const accepted = new Set<string>();
  const surprises: string[] = [];
  const waiting = new Set<Promise<void>>();
  const startedMs = performance.now();
  let sent = 0;

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * target.perSecond);
    while (sent < due && waiting.size < waitingMax) {
      const one = send(sent++).finally(() => waiting.delete(one));
      waiting.add(one);
    }
  }, tickMs);

  return {
    accepted,
    surprises,
    async stop() {
      clearInterval(timer);
      await Promise.all(waiting);
    },
  };

  async function send(n: number): Promise<void> {
    const key = crypto.randomUUID();
    for (;;) {
      const answer = await attempt(n, key);
      if (answer !== null) {
        accepted.add(answer);
        return;
      }
      await delay(againMs);
    }
  }

  async function attempt(n: number, key: string): Promise<string | null> {
    try {
      const response = await fetch(target.url() + target.path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key, ...target.headers },
        body: JSON.stringify(target.body(n)),
        signal: AbortSignal.timeout(requestMsMax),
      });
      const text = await response.text();
      if (!response.ok && response.status !== unavailable) surprises.push(`${target.path}: ${response.status} ${text}`);
      if (!response.ok) return null;
      return String(target.idOf(JSON.parse(text) as Record<string, unknown>));
    } catch {
      return null;
    }
  }
}
