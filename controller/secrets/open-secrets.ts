// The secrets of an installation as one part: the bucket, the vault that opens it, and what is told of its changes.
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import { forgetEarlier } from "../../bus/kv-forget.ts";
import { openBucket } from "../artifacts/bucket.ts";
import type { AppendEvent } from "../events/append.ts";
import type { StoredSecret } from "./entry.ts";
import type { MasterKey } from "./master-key.ts";
import { createSecretEvents } from "./secret-events.ts";
import { type Secrets, createSecrets } from "./secrets.ts";
import { type Rotated, type VaultState, openVault } from "./vault.ts";

export type OpenedSecrets = Secrets & {
  readonly vault: VaultState;
  /** With a new master key, which is in the file then. */
  rotateMasterKey(by: string): Promise<Rotated>;
  stop(): void;
};

export async function openSecrets(parts: {
  readonly nc: NatsConnection;
  readonly kv: KV;
  readonly home: string;
  readonly masterKeys: readonly MasterKey[] | null;
  readonly append: AppendEvent;
  readonly onFailure: (error: Error) => void;
  readonly now: () => Date;
  readonly log: Logger;
}): Promise<OpenedSecrets> {
  const { nc, home, now, log } = parts;
  const bucket = await openBucket<StoredSecret>(parts.kv, parts.onFailure);
  const forget = (name: string): Promise<void> => forgetEarlier(nc, "secrets", name);
  const vault = await openVault({ bucket, home, given: parts.masterKeys, forgetEarlier: forget, now, log });
  const events = createSecretEvents(parts.append);
  const secrets = createSecrets({
    bucket,
    vault,
    forgetEarlier: forget,
    tell: (change) => events.changed(change),
    now,
  });
  return {
    ...secrets,
    get vault() {
      return vault.state;
    },
    async rotateMasterKey(by) {
      const rotated = await vault.rotate(by, secrets.list().length === 0);
      if (rotated.kind === "rotated") await events.rotated({ ...rotated, by, at: now().toISOString() });
      return rotated;
    },
    stop: () => bucket.stop(),
  };
}
