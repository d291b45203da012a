// How much the streams hold, and how much they keep at most: the server's own figures, not those of the settings.
import { jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, millis } from "@nats-io/nats-core";
import { eventsStream, logsStream, runsStream } from "../bus/subjects.ts";

const answerWaitMs = 2_000;

/** One stream. Limits are null where there is none; instants are null while it is empty. */
export type Retained = {
  readonly messages: number;
  readonly bytes: number;
  readonly bytes_max: number | null;
  /** Milliseconds after which a message is let go. */
  readonly age_max_ms: number | null;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly first_stored: string | null;
  readonly last_stored: string | null;
};

/** Rejects when NATS does not answer. */
export async function retained(nc: NatsConnection): Promise<Readonly<Record<"events" | "runs" | "logs", Retained>>> {
  const jsm = await jetstreamManager(nc, { timeout: answerWaitMs, checkAPI: false });
  const of = async (stream: string): Promise<Retained> => {
    const { config, state } = await jsm.streams.info(stream);
    const stored = (at: string): string | null => (state.messages === 0 ? null : new Date(at).toISOString());
    return {
      messages: state.messages,
      bytes: state.bytes,
      bytes_max: config.max_bytes > 0 ? config.max_bytes : null,
      age_max_ms: config.max_age > 0 ? millis(config.max_age) : null,
      first_sequence: state.first_seq,
      last_sequence: state.last_seq,
      first_stored: stored(state.first_ts),
      last_stored: stored(state.last_ts),
    };
  };
  const [events, runs, logs] = await Promise.all([eventsStream, runsStream, logsStream].map(of));
  return { events, runs, logs } as Readonly<Record<"events" | "runs" | "logs", Retained>>;
}
