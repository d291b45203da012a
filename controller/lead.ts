// What this controller does while it leads: it sets runs off. Followers serve the API and wait.
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import { startLeadership } from "./leadership.ts";
import type { Triggers } from "./triggers/triggers.ts";

/** Taking up the lead fails when NATS goes away just then; it is tried again for as long as the lease lasts. */
const againWaitMs = 500;

export type Lead = {
  /** False while another controller is seen to lead; null while it is not known who does. */
  readonly leading: boolean | null;
  nextDueMs(workflow: string): number | null;
  stop(): Promise<void>;
};

export function startLead(
  nc: NatsConnection,
  lease: KV,
  parts: {
    installation: string;
    startTriggers: () => Promise<Triggers>;
    /** Hears at once when `leading` became another, and when the triggers work. */
    onChange: () => void;
    log: Logger;
  },
): Lead {
  const { installation, log } = parts;
  let triggers: Triggers | null = null;
  const leadership = startLeadership(nc, lease, {
    holder: installation,
    nowMs: () => performance.now(),
    onChange: () => parts.onChange(),
    log,
    async onGain(signal) {
      while (!signal.aborted && triggers === null) {
        triggers = await parts.startTriggers().catch(async (error: unknown) => {
          log.error({ error: String(error) }, "the triggers cannot start; trying again");
          await new Promise((resolve) => setTimeout(resolve, againWaitMs));
          return null;
        });
      }
      parts.onChange();
    },
    async onLoss() {
      await triggers?.stop();
      triggers = null;
    },
  });

  return {
    get leading() {
      return leadership.leading;
    },
    nextDueMs: (workflow) => triggers?.nextDueMs(workflow) ?? null,
    stop: () => leadership.stop(),
  };
}
