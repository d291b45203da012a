// Removes what a bucket still has of a key's earlier entries, for good.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type BucketName, bucketKey, bucketStream } from "./subjects.ts";

/** The last entry stays. */
export async function forgetEarlier(nc: NatsConnection, bucket: BucketName, key: string): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await jsm.streams.purge(bucketStream(bucket), { filter: bucketKey(bucket, key), keep: 1 });
}
