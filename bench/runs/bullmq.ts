// BullMQ on redis-server as a Path: a job is added, a worker process calls the handler, its completion is announced.
import { Queue, QueueEvents } from "bullmq";
import { startServer } from "../server-process.ts";
import type { Path } from "./path.ts";
import { startRedis } from "./redis.ts";
import { createSightings } from "./sightings.ts";
import { type TriggerEvent, triggerEvent } from "./trigger-event.ts";

const worker = new URL("./bullmq-worker.ts", import.meta.url);
const queueName = "bench";
const keptJobs = 1_000;
/** Adds under way; more of them were no faster. */
const addsAtOnce = 64;

/** Null when this machine has no redis-server. */
export async function startBullmq(): Promise<Path | null> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  if (redis === null) return null;
  stack.use(redis);
  const connection = { host: "127.0.0.1", port: redis.port, maxRetriesPerRequest: null };
  const queue = new Queue(queueName, { connection, defaultJobOptions: { removeOnComplete: keptJobs } });
  stack.defer(async () => queue.close());
  const events = new QueueEvents(queueName, { connection });
  stack.defer(async () => events.close());
  await events.waitUntilReady();
  const seen = createSightings();
  events.on("completed", ({ jobId }) => seen.see(jobId));
  stack.use(await startServer(worker, [String(redis.port), queueName]));

  const job = JSON.parse(triggerEvent({ id: "job" })) as TriggerEvent;
  const add = async (): Promise<string> => String((await queue.add("event", job)).id);
  const kept = stack.move();
  return {
    name: `BullMQ on redis-server ${redis.version}, no isolation`,
    async one() {
      const startedMs = performance.now();
      const id = await add();
      return (await seen.of(id)) - startedMs;
    },
    async many(count) {
      const startedMs = performance.now();
      const completed = seen.more(count);
      let left = count;
      const addInTurn = async (): Promise<void> => {
        while (left-- > 0) await add();
      };
      await Promise.all(Array.from({ length: addsAtOnce }, addInTurn));
      return (await completed) - startedMs;
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  };
}
