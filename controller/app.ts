// The controller, wired by hand: every part is made here, in the order in which they need each other, and closed in reverse.
import { join } from "node:path";
import type { Logger } from "pino";
import { jetstreamManager } from "@nats-io/jetstream";
import { connectNats } from "../bus/connection.ts";
import { createPublisher } from "../bus/publisher.ts";
import { ensureStreams } from "../bus/streams.ts";
import { controllerOwner, inboxPrefix } from "../bus/subjects.ts";
import { createAnnouncements } from "./announcements.ts";
import { startApi } from "./api.ts";
import { createArchive } from "./artifacts/archive.ts";
import { recordMissedChanges } from "./artifacts/archive-repair.ts";
import { startArchiveRepair } from "./artifacts/archive-repair-loop.ts";
import { createBreeds } from "./artifacts/breeds.ts";
import { openBucket } from "./artifacts/bucket.ts";
import { completed } from "./artifacts/earlier-version.ts";
import type { BreedEntry, WorkflowEntry } from "./artifacts/entry.ts";
import { createWorkflows } from "./artifacts/workflows.ts";
import { keepTestsApart } from "./breed-tests/test-instances.ts";
import { openBroker } from "./broker.ts";
import { createAppender } from "./events/append.ts";
import { createBatchJournal } from "./events/batch-journal.ts";
import { startBatchRepair } from "./events/batch-repair.ts";
import { startEventIndex } from "./events/index.ts";
import type { EventQuery } from "./events/questions.ts";
import { startLive } from "./events/live.ts";
import type { KeyEntry } from "./identity/api-keys.ts";
import { openAccess } from "./identity/open-access.ts";
import { lockHome } from "./home-lock.ts";
import { checkPort } from "./http/free-port.ts";
import { startLead } from "./lead.ts";
import { installationOf } from "./installation.ts";
import { createLifecycleEvents } from "./lifecycle/lifecycle-events.ts";
import { startLifecycle } from "./lifecycle/lifecycle.ts";
import type { ControllerOptions } from "./options.ts";
import { neededPackages } from "./packages/packages.ts";
import { refuseHalfRestored } from "./restoring.ts";
import { createRunHistory } from "./runs/history.ts";
import { createRunQueue } from "./runs/queue.ts";
import { deliverSecrets } from "./secrets/deliver.ts";
import { openSecrets } from "./secrets/open-secrets.ts";
import { startStoreWatch } from "./store-watch.ts";
import { systemClock } from "./triggers/clock.ts";
import { ensureTriggersConsumer } from "./triggers/triggers-consumer.ts";
import { startTriggers } from "./triggers/triggers.ts";
import { openRuntime } from "./create-runtime.ts";
import { readTls } from "./tls.ts";
import { versionOfProduct } from "./version.ts";

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
  const tls = readTls(options.tls);
  const lock = lockHome(options.home);
  opened.defer(() => lock.release());
  refuseHalfRestored(options.home);
  await checkPort(options);
  const installation = installationOf(options.home);
  const { runtime, packages, ...engine } = await openRuntime(options, installation, log);
  opened.defer(() => engine.stop());

  const broker = await openBroker(options, await runtime.hostAddress(), log);
  opened.defer(() => broker.stop());
  const target = { servers: [broker.url], credentials: broker.credentials };
  const nc = await connectNats(target, {
    name: "drover controller",
    inboxPrefix: inboxPrefix(controllerOwner),
    timeoutMs: natsTimeoutMs,
  });
  opened.defer(() => nc.close());
  const storeWatch = startStoreWatch({ nc, target, restart: broker.restart, folder: join(options.home, "nats"), log });
  opened.defer(() => storeWatch.stop());
  const buckets = await ensureStreams(nc, options);
  // Before anything can be accepted: what is stored from now on is seen by the triggers, whoever leads then.
  await ensureTriggersConsumer(await jetstreamManager(nc), null);
  const publisher = createPublisher(nc, { inbox: `${inboxPrefix(controllerOwner)}.ack`, ackTimeoutMs });
  opened.defer(() => publisher.close());

  const journal = createBatchJournal(nc, publisher, installation);
  const appender = createAppender(publisher, journal);
  const announcements = createAnnouncements(appender.append, { installation, now, log });
  opened.defer(() => announcements.stop());
  const index = await startEventIndex({
    target,
    path: join(options.home, "index.sqlite"),
    onDeath: (error) => log.error({ err: error }, "the event index died; starting it again"),
    onRebuilt: (facts) => announcements.indexRebuilt(facts),
    onSkipped: (skipped) => log.warn(skipped, "a message of the event stream cannot be indexed"),
    onPassedOver: (sequence) => log.error({ sequence }, "the event index kept dying of this event; it leaves it out"),
    onDropped: (reason) => log.warn({ reason }, "the event index cannot be used; building it again from the stream"),
  });
  opened.defer(() => index.stop());
  const history = createRunHistory(nc, index);
  const repair = startBatchRepair(nc, { publisher, journal, installation, history, log });
  opened.defer(() => repair.stop());
  const live = await startLive(nc);
  opened.defer(() => live.stop());

  const archive = createArchive(appender.append);
  const breedBucket = await openBucket<BreedEntry>(buckets.breeds, onFatal);
  opened.defer(() => breedBucket.stop());
  const workflowBucket = await openBucket<WorkflowEntry>(buckets.workflows, onFatal, completed);
  opened.defer(() => workflowBucket.stop());
  const archiveRepair = startArchiveRepair(recordMissed, log);
  opened.defer(() => archiveRepair.stop());
  const keyBucket = await openBucket<KeyEntry>(buckets.keys, onFatal);
  opened.defer(() => keyBucket.stop());
  const access = await openAccess(buckets.tokens, { options, append: appender.append, now, onFailure: onFatal });
  opened.defer(() => access.stop());
  const { append } = appender;
  const secrets = await openSecrets({ nc, kv: buckets.secrets, ...options, append, onFailure: onFatal, now, log });
  opened.defer(() => secrets.stop());
  const breeds = createBreeds(breedBucket, archive, now);
  const events = createLifecycleEvents(appender.append, now);
  const workflows = createWorkflows(workflowBucket, {
    breeds,
    archive,
    signals: events,
    now,
    streamEnd: () => history.streamEnd(),
  });

  const queue = createRunQueue({
    nc,
    publisher,
    append: appender.append,
    history,
    runsBytesMax: options.runsBytesMax,
    present(name) {
      const entry = workflows.get(name);
      return entry && { createdAt: entry.created?.at ?? null };
    },
    now,
  });

  // The lead is taken up later than the lifecycle starts, and given up after it has stopped: a controller that ends lets what runs
  // run on, while one that lost its lead ends it.
  const lead = startLead(nc, buckets.leader, {
    installation,
    startTriggers: () =>
      startTriggers({
        nc,
        slots: buckets.slots,
        workflows,
        onWorkflowChange: (listener) => workflowBucket.onChange(listener),
        queue,
        history,
        append: appender.append,
        cancel: async (workflow, run, reason) => void (await lifecycle.cancel(workflow, run, reason)),
        clock: systemClock,
        log,
      }),
    onChange() {
      announcements.leads(lead.leading === true);
      lifecycle.wake();
    },
    log,
  });
  opened.defer(async () => {
    await lead.stop();
    announcements.leads(false);
  });
  packages.keepTidy(runtime, () => neededPackages(breeds.list(), workflows.list()));
  const agentAccess = (workflow: string) => broker.agentAccess(workflow);
  const delivery = deliverSecrets({ nc, runtime, workflows, secrets, agentAccess, log });
  opened.defer(() => delivery.stop());
  const testInstances = keepTestsApart(delivery.runtime, log);
  const lifecycle = startLifecycle({
    nc,
    publisher,
    runtime: testInstances.others,
    workflows,
    queue,
    history,
    append: appender.append,
    events,
    leading: () => lead.leading,
    nextDueMs: (workflow) => lead.nextDueMs(workflow),
    agentAccess: (workflow) => delivery.agentAccess(workflow),
    allowsPrivileged: options.allowsPrivileged,
    stopGraceMs: options.stopGraceMs,
    nowMs,
    log,
  });
  opened.defer(() => lifecycle.stop());
  workflowBucket.onChange((workflow) => lifecycle.wake(workflow));

  const http = await startApi({
    options,
    installation,
    broker,
    nc,
    artifacts: { breeds, workflows, secrets, allowsPrivileged: options.allowsPrivileged, packages },
    secrets,
    appender,
    index,
    live,
    history,
    keyBucket,
    access,
    tls,
    lifecycle,
    testInstances,
    leading: () => lead.leading,
    now,
    log,
  });
  opened.defer(() => http.stop());
  announcements.started({ version: versionOfProduct(), runtime: runtime.name, url: http.url });
  opened.defer(() => announcements.stopping());

  const closing = opened.move();
  return { url: http.url, stop: () => closing.disposeAsync() };

  async function recordMissed(): Promise<number> {
    const passed = await history.streamEnd();
    const parts = { archive, query: (query: EventQuery) => index.query(query, passed), nowMs: nowMs() };
    return (
      (await recordMissedChanges("breed", buckets.breeds, breedBucket.entries(), parts)) +
      (await recordMissedChanges("workflow", buckets.workflows, workflowBucket.entries(), parts))
    );
  }
}
