// The controller, wired by hand: every part is made here, in the order in which they need each other, and closed in reverse.
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Logger } from "pino";
import { jetstreamManager } from "@nats-io/jetstream";
import { connectNats } from "../bus/connection.ts";
import { createPublisher } from "../bus/publisher.ts";
import { ensureStreams } from "../bus/streams.ts";
import { controllerOwner, eventsStream, inboxPrefix } from "../bus/subjects.ts";
import { createArchive } from "./artifacts/archive.ts";
import { recordMissedChanges } from "./artifacts/archive-repair.ts";
import { createBreeds } from "./artifacts/breeds.ts";
import { openBucket } from "./artifacts/bucket.ts";
import type { BreedEntry, WorkflowEntry } from "./artifacts/entry.ts";
import { createWorkflows } from "./artifacts/workflows.ts";
import { openBroker } from "./broker.ts";
import { createAppender } from "./events/append.ts";
import { startEventIndex } from "./events/index.ts";
import type { EventQuery } from "./events/index-store.ts";
import { startLive } from "./events/live.ts";
import { answerForwarded } from "./http/forwarded.ts";
import { createServer } from "./http/server.ts";
import { lockHome } from "./home-lock.ts";
import { infoOf } from "./info.ts";
import { installationOf } from "./installation.ts";
import { createLifecycleEvents } from "./lifecycle/lifecycle-events.ts";
import { startLifecycle } from "./lifecycle/lifecycle.ts";
import type { ControllerOptions } from "./options.ts";
import { createLogs } from "./runs/logs.ts";
import { createRuntime } from "./create-runtime.ts";

const natsTimeoutMs = 30_000;
const ackTimeoutMs = 5_000;

export type Controller = {
  /** Where the API answers, `http://127.0.0.1:8080`. */
  readonly url: string;
  stop(): Promise<void>;
};

/** Resolves when the API answers. Whatever was opened before a failure is closed again. `onFatal`: it cannot go on. */
export async function startController(
  options: ControllerOptions,
  log: Logger,
  onFatal: (error: Error) => void,
): Promise<Controller> {
  await using opened = new AsyncDisposableStack();
  const now = (): Date => new Date();
  const nowMs = (): number => Date.now();
  const lock = lockHome(options.home);
  opened.defer(() => lock.release());
  const installation = installationOf(options.home);
  const runtime = await createRuntime(options, installation, log);

  const broker = await openBroker(options, await runtime.hostAddress(), log);
  opened.defer(() => broker.stop());
  const target = { servers: [broker.url], credentials: broker.credentials };
  const nc = await connectNats(target, {
    name: "drover controller",
    inboxPrefix: inboxPrefix(controllerOwner),
    timeoutMs: natsTimeoutMs,
  });
  opened.defer(() => nc.close());
  const buckets = await ensureStreams(nc, options);
  const publisher = createPublisher(nc, { inbox: `${inboxPrefix(controllerOwner)}.ack`, ackTimeoutMs });
  opened.defer(() => publisher.close());

  const appender = createAppender(publisher);
  const index = await startEventIndex({
    target,
    path: join(options.home, "index.sqlite"),
    onDeath: (error) => log.error({ err: error }, "the event index died; starting it again"),
  });
  opened.defer(() => index.stop());
  const live = await startLive(nc);
  opened.defer(() => live.stop());

  const archive = createArchive(appender.append);
  const breedBucket = await openBucket<BreedEntry>(buckets.breeds, onFatal);
  opened.defer(() => breedBucket.stop());
  const workflowBucket = await openBucket<WorkflowEntry>(buckets.workflows, onFatal);
  opened.defer(() => workflowBucket.stop());
  await repairArchive().catch((error: unknown) =>
    log.error({ error: String(error) }, "could not check that all changes are recorded"),
  );
  const breeds = createBreeds(breedBucket, archive, now);
  const events = createLifecycleEvents(appender.append, now);
  const workflows = createWorkflows(workflowBucket, { breeds, archive, signals: events, now });

  const lifecycle = startLifecycle({
    nc,
    publisher,
    runtime,
    workflows,
    events,
    agentAccess: (workflow) => broker.agentAccess(workflow),
    stopGraceMs: options.stopGraceMs,
    nowMs,
    log,
  });
  opened.defer(() => lifecycle.stop());
  workflowBucket.onChange(() => lifecycle.wake());

  const version = versionOfProduct();
  const startedAt = now();
  const http = await createServer(
    {
      version,
      artifacts: { breeds, workflows },
      appender,
      index,
      live,
      logs: createLogs(nc),
      stateOf: (entry) => lifecycle.stateOf(entry),
      ...infoOf({
        options,
        version,
        installation,
        broker,
        nc,
        startedAt,
        runningInstances: () => lifecycle.runningInstances,
        runtimeError: () => lifecycle.runtimeError,
      }),
      now,
    },
    log,
  );
  opened.defer(() => http.close());
  const forwarded = answerForwarded(nc, http);
  opened.defer(() => forwarded.unsubscribe());
  await http.listen({ host: options.host, port: options.port });

  const closing = opened.move();
  return { url: addressOf(http.server.address() as AddressInfo), stop: () => closing.disposeAsync() };

  /** The index must have seen the whole stream before it can tell what is missing there. */
  async function repairArchive(): Promise<void> {
    const { state } = await (await jetstreamManager(nc)).streams.info(eventsStream);
    const parts = { archive, query: (query: EventQuery) => index.query(query, state.last_seq), nowMs: nowMs() };
    const recorded =
      (await recordMissedChanges("breed", buckets.breeds, breedBucket.entries(), parts)) +
      (await recordMissedChanges("workflow", buckets.workflows, workflowBucket.entries(), parts));
    if (recorded > 0)
      log.warn({ recorded }, "recorded changes that an earlier controller had stored but not announced");
  }
}

function addressOf({ address, port, family }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function versionOfProduct(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
