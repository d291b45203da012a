// How fast the bus alone stores events: the controller's publisher against a nats-server, without HTTP, index or tailers.
import { randomUUID } from "node:crypto";
import { connectNats } from "../bus/connection.ts";
import { createPublisher } from "../bus/publisher.ts";
import { ensureStreams } from "../bus/streams.ts";
import { controllerOwner, eventSubject, inboxPrefix } from "../bus/subjects.ts";
import { startNats } from "../test/nats.ts";

const payload = "x".repeat(256);
const gib = 1024 ** 3;
const limits = { eventsAgeMs: 86_400_000, eventsBytesMax: gib, runsBytesMax: gib, logsBytesMax: gib };
const ackTimeoutMs = 10_000;

/** Messages a second, all acknowledged, with `inFlight` of them on their way at a time. */
export async function publishedPerSecond(options: { count: number; inFlight: number }): Promise<number> {
  await using nats = await startNats();
  const target = { servers: [nats.url], credentials: null };
  const inbox = inboxPrefix(controllerOwner);
  const nc = await connectNats(target, { name: "drover bench", inboxPrefix: inbox, timeoutMs: ackTimeoutMs });
  const publisher = createPublisher(nc, { inbox: `${inbox}.ack`, ackTimeoutMs });
  try {
    await ensureStreams(nc, limits);
    const subject = eventSubject(controllerOwner, "reading");
    let left = options.count;
    const publishInTurn = async (): Promise<void> => {
      while (left-- > 0) await publisher.publish(subject, payload, randomUUID());
    };
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: options.inFlight }, publishInTurn));
    return options.count / ((performance.now() - startedMs) / 1_000);
  } finally {
    publisher.close();
    await nc.close();
  }
}
