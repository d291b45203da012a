// The HTTP side of the controller, wired by hand from the parts that app.ts has made.
import type { AddressInfo } from "node:net";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import type { Artifacts } from "./artifacts/apply.ts";
import type { Bucket } from "./artifacts/bucket.ts";
import { createBackups } from "./backup/backup.ts";
import type { Broker } from "./broker.ts";
import type { Appender } from "./events/append.ts";
import type { EventIndex } from "./events/index.ts";
import type { Live } from "./events/live.ts";
import { answerForwarded } from "./http/forwarded.ts";
import { createServer } from "./http/server.ts";
import { type KeyEntry, createApiKeys } from "./identity/api-keys.ts";
import { infoOf } from "./info.ts";
import type { Lifecycle } from "./lifecycle/lifecycle.ts";
import { startControllerMetrics } from "./metrics/controller-metrics.ts";
import type { ControllerOptions } from "./options.ts";
import type { RunHistory } from "./runs/history.ts";
import { createLogs } from "./runs/logs.ts";
import { createTrace } from "./runs/trace.ts";
import { versionOfProduct } from "./version.ts";

export type ApiParts = {
  readonly options: ControllerOptions;
  readonly installation: string;
  readonly broker: Broker;
  readonly nc: NatsConnection;
  readonly artifacts: Artifacts;
  readonly appender: Appender;
  readonly index: EventIndex;
  readonly live: Live;
  readonly history: RunHistory;
  readonly keyBucket: Bucket<KeyEntry>;
  readonly lifecycle: Lifecycle;
  readonly leading: () => boolean | null;
  readonly now: () => Date;
  readonly log: Logger;
};

/** Resolves when the API answers at `url`. */
export async function startApi(parts: ApiParts): Promise<{ url: string; stop(): Promise<void> }> {
  const { options, installation, broker, nc, artifacts, appender, index, live, history, lifecycle, now, log } = parts;
  const version = versionOfProduct();
  const metrics = await startControllerMetrics({
    nc,
    index,
    live,
    lifecycle,
    leading: parts.leading,
    nowMs: () => now().getTime(),
    workflows: () => artifacts.workflows.list(),
    facts: { version, installation, runtime: options.runtime },
  });
  const http = await createServer(
    {
      version,
      installation,
      backups: createBackups(nc),
      metrics,
      artifacts,
      appender,
      index,
      live,
      logs: createLogs(nc),
      history,
      trace: createTrace(history),
      keys: createApiKeys(parts.keyBucket, appender.append, now),
      cancel: (workflow, run, reason) => lifecycle.cancel(workflow, run, reason),
      stateOf: (entry) => lifecycle.stateOf(entry),
      ...infoOf({
        options,
        version,
        installation,
        broker,
        nc,
        startedAt: now(),
        runningInstances: () => lifecycle.runningInstances,
        runtimeError: () => lifecycle.runtimeError,
      }),
      now,
    },
    log,
  );
  const forwarded = answerForwarded(nc, http);
  const stop = async (): Promise<void> => {
    forwarded.unsubscribe();
    await http.close();
    await metrics.stop();
  };
  try {
    await http.listen({ host: options.host, port: options.port });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: addressOf(http.server.address() as AddressInfo), stop };
}

function addressOf({ address, port, family }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
