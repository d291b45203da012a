// The streams and buckets of an installation, made on a fresh server and on one that has them.
import { connect } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { ensureStreams } from "../../bus/streams.ts";
import { startNats } from "../nats.ts";

const limits = { eventsAgeMs: 86_400_000, eventsBytesMax: 1e7, runsBytesMax: 1e7, logsBytesMax: 1e7 };

test("artifacts keep their revisions, state only its last value, and a second start changes nothing", async () => {
  await using nats = await startNats();
  const nc = await connect({ servers: nats.url });
  const jsm = await jetstreamManager(nc);
  const histories = async () => {
    const buckets = await ensureStreams(nc, limits);
    const all = Object.entries(buckets).map(async ([name, kv]) => [name, (await kv.status()).history] as const);
    return Object.fromEntries(await Promise.all(all));
  };
  const kept = { breeds: 64, workflows: 64, secrets: 64, keys: 64, tokens: 1, slots: 1, leader: 1 };
  expect(await histories()).toEqual(kept);
  expect(await histories()).toEqual(kept);
  const { config } = await jsm.streams.info("RUNS");
  expect(config).toMatchObject({ retention: "workqueue", discard: "new", max_bytes: 1e7 });
  await nc.close();
});
