// What `GET /api/v1/info`, `/config` and `/readyz` say.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { eventsStream } from "../bus/subjects.ts";
import type { Broker } from "./broker.ts";
import type { EventIndex } from "./events/index.ts";
import type { HttpParts } from "./http/parts.ts";
import type { ControllerOptions } from "./options.ts";
import { indexView } from "./events/index-view.ts";
import { retained } from "./retention.ts";

const streamCheckMs = 2_000;

export function infoOf(parts: {
  options: ControllerOptions;
  version: string;
  installation: string;
  broker: Broker;
  nc: NatsConnection;
  index: Pick<EventIndex, "status" | "problem">;
  startedAt: Date;
  runningInstances: () => number;
  runtimeError: () => string | null;
}): Pick<HttpParts, "info" | "config" | "readiness"> {
  const { options, version, installation, broker, nc, index, startedAt } = parts;
  return {
    info: async () => ({
      message: "Hi, I'm Drover! How are you?",
      version,
      uuid: installation,
      running_since: startedAt.toISOString(),
      runtime: options.runtime,
      nats: { url: broker.url, own: broker.own, connected: !nc.isClosed() },
      ...(await sizes()),
      instances: parts.runningInstances(),
      node: process.version,
    }),
    config: () => ({
      "drover.runtime": options.runtime,
      "drover.installation": installation,
      "drover.http.host": options.host,
      "drover.http.port": options.port,
      "drover.network": options.network,
      "drover.events.age-ms": options.eventsAgeMs,
      "drover.events.bytes-max": options.eventsBytesMax,
      "drover.logs.bytes-max": options.logsBytesMax,
      "drover.stop-grace-ms": options.stopGraceMs,
      "vamp.info.message": "Hi, I'm Drover! How are you?",
    }),
    readiness: async () => ({ nats: await streamProblem(nc), runtime: parts.runtimeError(), index: index.problem() }),
  };

  /** What cannot be asked now is null: whoever asks for the version is answered while NATS is away. */
  async function sizes(): Promise<Readonly<Record<string, unknown>>> {
    const [status, streams] = await Promise.all([index.status().catch(() => null), retained(nc).catch(() => null)]);
    const view = status && indexView(status, streams?.events.last_sequence ?? null);
    return { events: null, runs: null, logs: null, ...streams, index: view };
  }
}

async function streamProblem(nc: NatsConnection): Promise<string | null> {
  try {
    await (await jetstreamManager(nc, { timeout: streamCheckMs, checkAPI: false })).streams.info(eventsStream);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
