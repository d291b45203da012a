// What is told of secrets: who changed which keys of which secret. Never a value.
import { expandTags } from "../../model/event.ts";
import type { AppendEvent } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";

export type SecretChange = {
  readonly name: string;
  readonly action: "created" | "changed" | "deleted";
  readonly version: number;
  readonly set: readonly string[];
  readonly removed: readonly string[];
  readonly at: string;
  readonly by: string;
};

export type MasterKeyChange = {
  readonly before: string;
  readonly now: string;
  readonly by: string;
  readonly at: string;
};

export type SecretEvents = {
  changed(change: SecretChange): Promise<void>;
  rotated(change: MasterKeyChange): Promise<void>;
};

export function createSecretEvents(append: AppendEvent): SecretEvents {
  return {
    async changed({ name, action, version, set, removed, at, by }) {
      await append({
        id: eventIdOf("secret", name, String(version), at),
        source: "/controller",
        type: "secret",
        tags: expandTags([`secrets:${name}`, `secret:${action}`]),
        value: { name, action, version, set, removed, by },
        timestamp: at,
      });
    },
    async rotated({ before, now, by, at }) {
      await append({
        id: eventIdOf("master-key", now, at),
        source: "/controller",
        type: "master-key",
        tags: expandTags(["master-key", "master-key:rotated"]),
        value: { before, now, by },
        timestamp: at,
      });
    },
  };
}
