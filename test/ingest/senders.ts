// Senders that store events while parts of Drover are killed. Each sends one request after the other; one that had no answer it
// sends again as it was, or now and then gives up. What was accepted and what was given up is the ledger that everything is compared
// with afterwards.
import { setTimeout as delay } from "node:timers/promises";
import { type Request, requestOf } from "./requests.ts";

const againMs = 100;
const requestMsMax = 15_000;
const unavailable = 503;
/** How many of the requests that had no answer are given up. */
const givenUpShare = 0.2;

export type Ledger = {
  readonly accepted: Request[];
  /** Sent at least once, and never answered. */
  readonly open: Request[];
  /** Answers other than "accepted" and "unavailable, come again". */
  readonly surprises: string[];
  repeats: number;
};

export type Senders = {
  readonly ledger: Ledger;
  /** Resolves when all have an answer to what they sent last, or have given up. */
  stop(): Promise<void>;
};

export function startSenders(
  count: number,
  { run, url, random }: { run: string; url: () => string; random: () => number },
): Senders {
  const ledger: Ledger = { accepted: [], open: [], surprises: [], repeats: 0 };
  const stopping = new AbortController();
  const sending = Promise.all(Array.from({ length: count }, (_, sender) => send(sender)));
  return {
    ledger,
    async stop() {
      stopping.abort();
      await sending;
    },
  };

  async function send(sender: number): Promise<void> {
    for (let request = 0; !stopping.signal.aborted; request += 1) {
      const one = requestOf({ run, sender, request }, random);
      const accepted = await untilAnswered(one);
      // What is kept of a request is not its body.
      (accepted ? ledger.accepted : ledger.open).push({ ...one, body: "" });
    }
  }

  async function untilAnswered(one: Request): Promise<boolean> {
    while (!(await attempt(one))) {
      if (random() < givenUpShare) return false;
      ledger.repeats += 1;
      await delay(againMs);
    }
    return true;
  }

  async function attempt({ headers, body, count: expected }: Request): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(requestMsMax);
      const response = await fetch(`${url()}/api/v1/events`, { method: "POST", headers, body, signal });
      const answer = await response.text();
      if (response.status === unavailable) return false;
      const stored = response.ok ? ((JSON.parse(answer) as { count?: number }).count ?? 1) : 0;
      if (stored !== expected) ledger.surprises.push(`${response.status} ${answer.slice(0, 300)}`);
      return true;
    } catch {
      return false;
    }
  }
}
