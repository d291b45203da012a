// Events about what people store: breeds, workflows, keys, secrets and tokens.
import type { CatalogueEntry } from "./entry.ts";
import { fields, list, orNull, words } from "./shape.ts";

export const artifactEvents: readonly CatalogueEntry[] = [
  archived("breed"),
  archived("workflow"),
  {
    type: "key",
    sources: ["/controller"],
    tags: ["keys:<name>"],
    kinds: {
      "key:created": "somebody made an API key",
      "key:replaced": "somebody exchanged its value",
      "key:deleted": "somebody deleted it",
    },
    value: fields({ name: "text", action: words("created", "replaced", "deleted"), by: "text" }),
    example: {
      tags: ["keys:github", "key:created", "keys", "key"],
      value: { name: "github", action: "created", by: "local" },
    },
  },
  {
    type: "secret",
    sources: ["/controller"],
    tags: ["secrets:<name>"],
    kinds: {
      "secret:created": "somebody stored a new secret",
      "secret:changed": "somebody set or removed keys of it",
      "secret:deleted": "somebody deleted it",
    },
    value: fields({
      name: "text",
      action: words("created", "changed", "deleted"),
      version: "integer",
      set: list("text"),
      removed: list("text"),
      by: "text",
    }),
    example: {
      tags: ["secrets:github", "secret:changed", "secrets", "secret"],
      value: { name: "github", action: "changed", version: 2, set: ["TOKEN"], removed: [], by: "local" },
    },
  },
  {
    type: "master-key",
    sources: ["/controller"],
    tags: [],
    kinds: {
      "master-key:rotated": "the key of all secrets was encrypted with a new master key; both are named by their ids",
    },
    value: fields({ before: "text", now: "text", by: "text" }),
    example: {
      tags: ["master-key", "master-key:rotated"],
      value: { before: "1f0c9a3e", now: "b7d24c55", by: "local" },
    },
  },
  {
    type: "token",
    sources: ["/controller"],
    tags: ["tokens:<name>"],
    kinds: { "token:created": "somebody made a token", "token:revoked": "somebody revoked it" },
    value: fields({
      name: "text",
      action: words("created", "revoked"),
      role: words("admin", "operator", "viewer", "emitter"),
      workflows: orNull(list("text")),
      expiresAt: orNull("instant"),
      by: "text",
    }),
    example: {
      tags: ["tokens:ci", "token:created", "tokens", "token"],
      value: { name: "ci", action: "created", role: "operator", workflows: ["shop-*"], expiresAt: null, by: "local" },
    },
  },
];

function archived(kind: "breed" | "workflow"): CatalogueEntry {
  const path = kind === "breed" ? "deployable.definition" : "scale.instances";
  const [before, after] = kind === "breed" ? ["console.log(1)", "console.log(2)"] : [1, 2];
  return {
    type: "archive",
    sources: ["/controller"],
    tags: [`${kind}s:<name>`, "archive"],
    kinds: {
      "archive:create": `somebody stored a new ${kind}`,
      "archive:update": `somebody changed it`,
      "archive:delete": `somebody deleted it`,
    },
    value: fields({
      kind: words(kind),
      name: "text",
      revision: "integer",
      by: "text",
      diff: list(fields({ path: "text", "before?": "any", "after?": "any" })),
      "restores?": "integer",
    }),
    example: {
      tags: [`${kind}s`, `${kind}s:hello`, "archive", "archive:update"],
      value: { kind, name: "hello", revision: 2, by: "local", diff: [{ path, before, after }] },
    },
  };
}
