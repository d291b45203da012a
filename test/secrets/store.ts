// The secrets of an installation over a real NATS, as a controller opens them; a crash is to open them again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import pino from "pino";
import { connectNats } from "../../bus/connection.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { bucketStream, controllerOwner, inboxPrefix } from "../../bus/subjects.ts";
import type { EventToAppend } from "../../controller/events/append.ts";
import { type MasterKey } from "../../controller/secrets/master-key.ts";
import { type OpenedSecrets, openSecrets } from "../../controller/secrets/open-secrets.ts";
import type { Event } from "../../model/event.ts";
import { startNats } from "../nats.ts";

const mib = 1_048_576;

export type TestStore = AsyncDisposable & {
  readonly nc: NatsConnection;
  readonly home: string;
  readonly events: readonly EventToAppend[];
  readonly log: readonly string[];
  /** As another start of the controller, or as another controller with another home. */
  open(how?: { home?: string; masterKeys?: readonly MasterKey[] | null }): Promise<OpenedSecrets>;
  /** Everything that the bucket holds, earlier entries too. */
  stored(): Promise<string>;
};

export async function startStore(): Promise<TestStore> {
  const nats = await startNats();
  const home = await mkdtemp(join(tmpdir(), "drover-secrets-"));
  const target = { servers: [nats.url], credentials: null };
  const nc = await connectNats(target, { name: "t", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: 5_000 });
  const sizes = { eventsBytesMax: 64 * mib, runsBytesMax: 16 * mib, logsBytesMax: 16 * mib };
  const buckets = await ensureStreams(nc, { eventsAgeMs: 86_400_000, ...sizes });
  const events: EventToAppend[] = [];
  const log: string[] = [];
  const opened: OpenedSecrets[] = [];
  return {
    nc,
    home,
    events,
    log,
    async open({ home: place = home, masterKeys = null } = {}) {
      const secrets = await openSecrets({
        nc,
        kv: buckets.secrets,
        home: place,
        masterKeys,
        append: async (event) => {
          events.push(event);
          return event as Event;
        },
        onFailure(error) {
          throw error;
        },
        now: () => new Date(),
        log: pino({ level: "trace" }, { write: (line: string) => void log.push(line) }),
      });
      opened.push(secrets);
      return secrets;
    },
    async stored() {
      const jsm = await jetstreamManager(nc);
      const { state } = await jsm.streams.info(bucketStream("secrets"));
      const all: string[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await jsm.streams.getMessage(bucketStream("secrets"), { seq });
        if (message) all.push(new TextDecoder().decode(message.data));
      }
      return all.join("\n");
    },
    async [Symbol.asyncDispose]() {
      for (const secrets of opened) secrets.stop();
      await nc.close();
      await nats[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** What a person does who asks for nothing special. */
export const plainly = { by: "local", condition: null, onRemoval: () => {}, replace: false };
