// The HTTP side of the controller, wired by hand from the parts that app.ts has made.
import type { AddressInfo } from "node:net";
import type { NatsConnection } from "@nats-io/nats-core";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Artifacts } from "./artifacts/apply.ts";
import type { Bucket } from "./artifacts/bucket.ts";
import { createBackups } from "./backup/backup.ts";
import type { Broker } from "./broker.ts";
import { openBundles } from "./bundle/bundles.ts";
import type { Appender } from "./events/append.ts";
import type { EventIndex } from "./events/index.ts";
import type { Live } from "./events/live.ts";
import { createDoctor } from "./doctor/doctor.ts";
import { createBreedTests } from "./breed-tests/breed-tests.ts";
import type { TestInstances } from "./breed-tests/test-instances.ts";
import { answerForwarded, answerTest } from "./http/forwarded.ts";
import { createServer } from "./http/server.ts";
import type { Tls } from "./http/listener.ts";
import { listenProblem } from "./http/free-port.ts";
import { type KeyEntry, createApiKeys } from "./identity/api-keys.ts";
import type { OpenAccess } from "./identity/open-access.ts";
import { infoOf } from "./info.ts";
import type { Lifecycle } from "./lifecycle/lifecycle.ts";
import { startControllerMetrics } from "./metrics/controller-metrics.ts";
import type { ControllerOptions } from "./options.ts";
import type { Packages } from "./packages/packages.ts";
import type { RunHistory } from "./runs/history.ts";
import { createLogs } from "./runs/logs.ts";
import { createTrace } from "./runs/trace.ts";
import { answerTestSecrets } from "./secrets/delivery.ts";
import type { OpenedSecrets } from "./secrets/open-secrets.ts";
import { versionOfProduct } from "./version.ts";

export type ApiParts = {
  readonly options: ControllerOptions;
  readonly installation: string;
  readonly broker: Broker;
  readonly nc: NatsConnection;
  readonly artifacts: Artifacts & { readonly packages: Packages };
  readonly appender: Appender;
  readonly index: EventIndex;
  readonly live: Live;
  readonly history: RunHistory;
  readonly keyBucket: Bucket<KeyEntry>;
  readonly access: OpenAccess;
  readonly tls: Tls | null;
  readonly secrets: OpenedSecrets;
  readonly lifecycle: Lifecycle;
  readonly testInstances: TestInstances;
  readonly leading: () => boolean | null;
  readonly now: () => Date;
  readonly log: Logger;
};

/** Resolves when the API answers at `url`. */
export async function startApi(parts: ApiParts): Promise<{ url: string; stop(): Promise<void> }> {
  const { options, installation, broker, nc, artifacts, appender, index, live, history, lifecycle, secrets, now, log } =
    parts;
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
  const breedTests = createBreedTests({
    nc,
    instances: parts.testInstances,
    access: (owner) => broker.testAccess(owner),
    answerApi: (owner) => answerTest(nc, http, owner),
    answerSecrets: (owner, needs) => answerTestSecrets({ nc, secrets, log }, owner, needs),
    append: appender.append,
    stopGraceMs: options.stopGraceMs,
    now,
    log,
  });
  const bundles = await openBundles({
    artifacts,
    packages: artifacts.packages,
    images: parts.testInstances.others.images,
    machine: artifacts.packages.machine,
    home: options.home,
    version,
    now,
  });
  const http: FastifyInstance = await createServer(
    {
      version,
      installation,
      backups: createBackups(nc),
      bundles,
      metrics,
      doctor: createDoctor({
        runtime: parts.testInstances.others,
        nats: { nc, ...broker, nowMs: () => now().getTime() },
        home: options.home,
        host: options.host,
        asksForTokens: parts.access.auth.mode === "tokens",
        encrypted: options.tls !== null,
        allowsPrivileged: options.allowsPrivileged,
        workflow: (name) => artifacts.workflows.get(name),
      }),
      artifacts,
      appender,
      breedTests,
      index,
      live,
      logs: createLogs(nc),
      history,
      trace: createTrace(history),
      tokens: parts.access.tokens,
      auth: parts.access.auth,
      tls: parts.tls,
      rateLimits: { tokenPerSecond: options.tokenRequestsPerSecond, codePerSecond: options.codeRequestsPerSecond },
      keys: createApiKeys(parts.keyBucket, appender.append, now),
      secrets,
      cancel: (workflow, run, reason) => lifecycle.cancel(workflow, run, reason),
      stateOf: (entry) => lifecycle.stateOf(entry),
      ...infoOf({
        options,
        version,
        installation,
        broker,
        nc,
        index,
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
    await breedTests.stop();
    forwarded.unsubscribe();
    await http.close();
    await metrics.stop();
  };
  try {
    await http.listen({ host: options.host, port: options.port });
  } catch (error) {
    await stop();
    throw listenProblem(error, options);
  }
  return { url: addressOf(http.server.address() as AddressInfo, parts.tls !== null), stop };
}

function addressOf({ address, port, family }: AddressInfo, isTls: boolean): string {
  return `${isTls ? "https" : "http"}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
