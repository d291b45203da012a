// Events about what people store: breeds, workflows and keys.
import type { CatalogueEntry } from "./entry.ts";
import { fields, list, words } from "./shape.ts";

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
    }),
    example: {
      tags: [`${kind}s`, `${kind}s:hello`, "archive", "archive:update"],
      value: { kind, name: "hello", revision: 2, by: "local", diff: [{ path, before, after }] },
    },
  };
}
