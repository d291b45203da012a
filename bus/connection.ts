// One connection to NATS: reconnects for ever, never gives up by itself, reports what happens to it.
import { type NatsConnection, connect } from "@nats-io/transport-node";
import { createAuthenticator } from "./authenticator.ts";

const reconnectWaitMs = 250;
const reconnectJitterMs = 250;
const pingIntervalMs = 10_000;

export type ConnectionTarget = {
  readonly servers: readonly string[];
  /** The text of a NATS credentials file, or null for a server that asks for none. */
  readonly credentials: string | null;
};

/** Connects once the server answers; rejects when it has not within `timeoutMs` or refuses the identity. */
export async function connectNats(
  target: ConnectionTarget,
  options: { name: string; inboxPrefix: string; timeoutMs: number },
): Promise<NatsConnection> {
  const deadlineMs = Date.now() + options.timeoutMs;
  for (;;) {
    try {
      return await connect({
        servers: [...target.servers],
        name: options.name,
        inboxPrefix: options.inboxPrefix,
        maxReconnectAttempts: -1,
        reconnectTimeWait: reconnectWaitMs,
        reconnectJitter: reconnectJitterMs,
        pingInterval: pingIntervalMs,
        timeout: Math.min(5_000, options.timeoutMs),
        ...(target.credentials === null ? {} : { authenticator: createAuthenticator(target.credentials) }),
      });
    } catch (error) {
      if (Date.now() + reconnectWaitMs >= deadlineMs) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`cannot connect to NATS at ${target.servers.join(", ")}: ${reason}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, reconnectWaitMs));
    }
  }
}
