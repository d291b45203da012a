// Watches that the store of the NATS server answers. A server whose disk was full gives its store up, for as long as it runs, and
// keeps its connections: nobody hears that anything is wrong, and nothing is accepted ever again.
//
//   W1. A store that does not answer, while its server does, is told after silentLooksMax looks.
//   W2. A server of our own is started again then, as soon as its disk has room; nothing that was accepted depends on its memory.
//       One that does not answer at all (frozen, cut off) is not touched: that ends by itself.
import { statfs } from "node:fs/promises";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import { type ConnectionTarget, connectNats } from "../bus/connection.ts";
import { controllerOwner, inboxPrefix } from "../bus/subjects.ts";

const lookEveryMs = 2_000;
const answerMaxMs = 2_000;
/** A store that is slow under load, or still reads its files, is given this many times answerMaxMs and lookEveryMs. */
const silentLooksMax = 3;
/** It needs some to start, and would give up again with less. */
const roomBytesMin = 8_388_608;
/** The store's own account, which every identity of ours may ask about. */
const storeInfo = "$JS.API.INFO";

export type StoreWatch = { stop(): Promise<void> };

/** What one look found. */
export type Look = "answers" | "silent" | "server-away";

export type StoreWatchParts = {
  readonly nc: NatsConnection;
  readonly target: ConnectionTarget;
  /** Starts a server of our own again; null: it is somebody else's. */
  readonly restart: (() => Promise<void>) | null;
  /** Where the files of our own are. */
  readonly folder: string;
  readonly log: Logger;
};

export function startStoreWatch({ nc, target, restart, folder, log }: StoreWatchParts): StoreWatch {
  const ending = new AbortController();
  let silentLooks = 0;
  const watching = watch();
  return {
    async stop() {
      ending.abort();
      await watching;
    },
  };

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await pause();
      const found = await lookAt(nc, target);
      silentLooks = found === "silent" ? silentLooks + 1 : 0;
      if (silentLooks >= silentLooksMax && !ending.signal.aborted) await onSilence();
    }
  }

  async function onSilence(): Promise<void> {
    if (restart === null) {
      if (silentLooks === silentLooksMax)
        log.error(
          "the store (JetStream) of the NATS server does not answer, its server does: see whether its disk is full",
        );
      return;
    }
    const roomBytes = await freeBytes(folder);
    if (roomBytes < roomBytesMin) {
      if (silentLooks === silentLooksMax)
        log.error({ folder, roomBytes, roomBytesMin }, "the disk is full; nothing is accepted until it has room");
      return;
    }
    log.warn("the store of the nats-server does not answer, its server does; starting it again");
    silentLooks = 0;
    await restart().catch((error: unknown) => log.error({ error: String(error) }, "it cannot be started again now"));
  }

  async function pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lookEveryMs);
    ending.signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }
}

/**
 * Asks over a connection of its own where this one is not answered: messages that the store does not take hold up everything behind
 * them. Who can connect and has no answer then talks to a server that is well and a store that is not.
 */
export async function lookAt(nc: NatsConnection, target: ConnectionTarget): Promise<Look> {
  if (await storeAnswers(nc)) return "answers";
  const options = { name: "drover store watch", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: answerMaxMs };
  const another = await connectNats(target, options).catch(() => null);
  if (another === null) return "server-away";
  const answers = await storeAnswers(another);
  await another.close();
  return answers ? "answers" : "silent";
}

/** One that gave up says so, or says nothing: that depends on how the server knows its accounts. */
async function storeAnswers(nc: NatsConnection): Promise<boolean> {
  try {
    const answer = await nc.request(storeInfo, "", { timeout: answerMaxMs });
    return !answer.json<{ error?: unknown }>().error;
  } catch {
    return false;
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
