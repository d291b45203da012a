// Puts a backup into an installation whose controller is stopped: its own nats-server is started for it, or NATS_URL is used.
//
//   R1. Streams that hold anything are only replaced when that was asked for.
//   R2. The triggers read on from where they were before the first stream was copied; what they have done since is known by the
//       history or done again (backup.ts B1).
//   R3. What was restored is compared with the manifest, stream by stream. Messages that are too old for the retention of their
//       stream are let go by the server; they are told, not hidden.
//   R4. A home whose restore broke off is marked until one has ended: no controller starts with a part of an installation.
//   R5. Nothing of the backup is about this machine: identities of agents and the name of the installation are its own.
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type JetStreamManager, type StreamState, jetstreamManager } from "@nats-io/jetstream";
import pino from "pino";
import { connectNats } from "../../bus/connection.ts";
import { type StreamShape, restoreStream } from "../../bus/snapshot.ts";
import { controllerOwner, eventsStream, inboxPrefix } from "../../bus/subjects.ts";
import type { BackupManifest, StreamCopy } from "../../model/backup.ts";
import { openBroker } from "../broker.ts";
import { createRuntime } from "../create-runtime.ts";
import { removeIndexFile } from "../events/index-file.ts";
import { lockHome } from "../home-lock.ts";
import { installationOf } from "../installation.ts";
import { resolveOptions } from "../options.ts";
import { beginRestoring, endRestoring } from "../restoring.ts";
import { ensureTriggersConsumer } from "../triggers/triggers-consumer.ts";
import { backupStreams } from "./backup.ts";

const natsTimeoutMs = 30_000;

export type Restored = { readonly name: string; readonly messages: number; readonly expired: number };

/**
 * `files` are whole and belong to the manifest. Throws with a reason for people: a controller that runs, streams that hold something,
 * a server that refuses. What was restored before a failure stays, and a second try needs `replace`.
 */
export async function restoreInstallation(
  environment: Readonly<Record<string, string | undefined>>,
  backup: { readonly folder: string; readonly manifest: BackupManifest; readonly replace: boolean },
  onRestored: (stream: Restored) => void,
): Promise<{ readonly home: string }> {
  const options = resolveOptions(environment);
  await using opened = new AsyncDisposableStack();
  const lock = lockHome(options.home);
  opened.defer(() => lock.release());
  const log = pino({ level: "silent" });
  const runtime = await createRuntime(options, installationOf(options.home), log);
  const broker = await openBroker(options, await runtime.hostAddress(), log);
  opened.defer(() => broker.stop());
  const target = { servers: [broker.url], credentials: broker.credentials };
  const inbox = inboxPrefix(controllerOwner);
  const nc = await connectNats(target, { name: "drover restore", inboxPrefix: inbox, timeoutMs: natsTimeoutMs });
  opened.defer(() => nc.close());
  const jsm = await jetstreamManager(nc);

  await makeRoom(jsm, backup.replace, () => beginRestoring(options.home));
  for (const copy of backup.manifest.streams) {
    const chunks = createReadStream(join(backup.folder, copy.file));
    const state = await restoreStream(nc, { config: copy.config, state: copy.state } as unknown as StreamShape, chunks);
    onRestored(compared(copy, state));
    if (copy.name === eventsStream) await ensureTriggersConsumer(jsm, backup.manifest.handledThrough);
  }
  removeIndexFile(join(options.home, "index.sqlite"));
  endRestoring(options.home);
  return { home: options.home };
}

/** Removes the streams that a controller has made, when they are empty or may be replaced. `begin` is called before the first goes. */
async function makeRoom(jsm: JetStreamManager, replace: boolean, begin: () => void): Promise<void> {
  const own = new Set([...backupStreams, "KV_leader"]);
  const found: { readonly name: string; readonly messages: number }[] = [];
  for await (const { config, state } of jsm.streams.list()) {
    if (own.has(config.name)) found.push({ name: config.name, messages: state.messages });
  }
  const full = found.filter(({ name, messages }) => messages > 0 && name !== "KV_leader");
  if (full.length > 0 && !replace) {
    const what = full.map(({ name, messages }) => `${name} (${messages} messages)`).join(", ");
    throw new Error(
      `this installation is not empty: ${what}; restore into a new DROVER_HOME, or delete all that with --replace`,
    );
  }
  begin();
  for (const { name } of found) await jsm.streams.delete(name);
}

function compared(copy: StreamCopy, state: StreamState): Restored {
  const { name, messages, firstSequence, lastSequence } = copy;
  const expired = Math.max(0, Math.min(state.first_seq - firstSequence, messages));
  if (state.last_seq >= lastSequence && state.messages + expired >= messages)
    return { name, messages: state.messages, expired: messages === 0 ? 0 : expired };
  throw new Error(
    `${name}: expected ${messages} messages up to ${lastSequence}, got ${state.messages} up to ${state.last_seq}; this restore is not whole`,
  );
}
