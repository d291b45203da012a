// The shapes of secrets in the API. None of them has a value to show.
import { Type } from "./json-schema.ts";

export const SecretSchema = Type.Object({
  name: Type.String(),
  version: Type.Integer({ description: "counts its changes; also its ETag" }),
  at: Type.String(),
  by: Type.String(),
  keys: Type.Array(
    Type.Object({
      key: Type.String(),
      version: Type.Integer({ description: "of the secret, when this key was set last" }),
      at: Type.String(),
      by: Type.String(),
    }),
  ),
  workflows: Type.Array(Type.String(), { description: "those that name it" }),
});

export const ChangedSchema = Type.Object({
  name: Type.String(),
  action: Type.String({ description: "created, changed, unchanged or deleted" }),
  version: Type.Integer(),
  set: Type.Array(Type.String(), { description: "keys that have a new value" }),
  removed: Type.Array(Type.String(), { description: "keys that are gone" }),
  workflows: Type.Array(Type.String(), { description: "those that name it; what runs of them has the old values" }),
  redeployed: Type.Array(Type.String(), { description: "those that were restarted because of redeploy=true" }),
  warnings: Type.Array(Type.String()),
});

export const SecretValuesBody = Type.Object({
  values: Type.Map(Type.String({ description: "1 to 65536 bytes of text" })),
});

export const MasterKeySchema = Type.Object({
  state: Type.String({ description: "open, or locked: secrets can be listed and deleted, nothing else" }),
  id: Type.Union([Type.String(), Type.Null()], { description: "of the key in use; tells nothing of the key itself" }),
  reason: Type.Union([Type.String(), Type.Null()], { description: "why it is locked, and what to do" }),
});

export const RotatedSchema = Type.Object({ before: Type.String(), now: Type.String() });
