// The streams and buckets of one installation, made or brought up to date at every start. Running it twice changes nothing.
import {
  type JetStreamManager,
  type StreamConfig,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { type NatsConnection, nanos } from "@nats-io/nats-core";
import {
  type BucketName,
  allBatches,
  allEvents,
  allLogs,
  allRuns,
  batchesStream,
  bucketNames,
  eventsStream,
  logsStream,
  runsStream,
} from "./subjects.ts";

const dayMs = 86_400_000;
/** Must outlast every retry of an unanswered publish (agents hold an event for at most a minute). */
export const duplicateWindowMs = 120_000;
/** Events, log batches and runs stay below the default payload limit of a NATS server. */
export const messageBytesMax = 1_000_000;
const logsAgeMs = 7 * dayMs;
/** Many times what one controller has under way; of entries that nobody ends, the oldest must not be dropped for new ones. */
const batchesBytesMax = 268_435_456;
/** Revisions of an artifact that remain readable; the most that a bucket can keep. */
const revisionsKept = 64;
/** How many values of a key a bucket keeps: of what is state and no artifact, only the last one says anything. */
const bucketHistory: Readonly<Record<BucketName, number>> = {
  breeds: revisionsKept,
  workflows: revisionsKept,
  secrets: revisionsKept,
  keys: revisionsKept,
  tokens: 1,
  slots: 1,
  leader: 1,
};

export type StreamLimits = {
  readonly eventsAgeMs: number;
  readonly eventsBytesMax: number;
  readonly runsBytesMax: number;
  readonly logsBytesMax: number;
};

export type Buckets = Readonly<Record<BucketName, KV>>;

/** Creates what is missing and updates what differs. Throws when the server has no JetStream or refuses. */
export async function ensureStreams(nc: NatsConnection, limits: StreamLimits): Promise<Buckets> {
  const jsm = await jetstreamManager(nc);
  await ensureStream(jsm, {
    name: eventsStream,
    subjects: [allEvents()],
    max_age: nanos(limits.eventsAgeMs),
    max_bytes: limits.eventsBytesMax,
    allow_direct: true,
  });
  await ensureStream(jsm, {
    name: runsStream,
    subjects: [allRuns()],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_bytes: limits.runsBytesMax,
  });
  await ensureStream(jsm, {
    name: logsStream,
    subjects: [allLogs()],
    max_age: nanos(logsAgeMs),
    max_bytes: limits.logsBytesMax,
    allow_direct: true,
  });
  await ensureStream(jsm, {
    name: batchesStream,
    subjects: [allBatches()],
    discard: DiscardPolicy.New,
    max_bytes: batchesBytesMax,
  });
  return ensureBuckets(nc);
}

async function ensureStream(jsm: JetStreamManager, wanted: Partial<StreamConfig> & { name: string }): Promise<void> {
  const config: Partial<StreamConfig> & { name: string } = {
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(duplicateWindowMs),
    max_msg_size: messageBytesMax,
    ...wanted,
  };
  for await (const stream of jsm.streams.list()) {
    if (stream.config.name === config.name) {
      await jsm.streams.update(config.name, config);
      return;
    }
  }
  await jsm.streams.add(config);
}

async function ensureBuckets(nc: NatsConnection): Promise<Buckets> {
  const kvm = new Kvm(jetstream(nc));
  const opened = await Promise.all(
    bucketNames.map(
      async (name) =>
        [name, await kvm.create(name, { history: bucketHistory[name], storage: StorageType.File })] as const,
    ),
  );
  return Object.fromEntries(opened) as Buckets;
}
