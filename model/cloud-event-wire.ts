// Attributes of a sender among Drover's own, in one flat object as CloudEvents wants it. Drover's id, source, run and so on stand
// under their names; what a sender gave under one of these names, its own `id` for one, stands behind the prefix `sender`. So
// nothing that a sender gives is ever taken for Drover's own, and nothing of it is lost.
//
//   A1. `addAttributes` and `attributesIn` undo each other.
//   A2. What other publishers wrote and is no attribute is left out.
import { attributeCharsMax, senderIdCharsMax } from "./event-limits.ts";
import type { Attributes } from "./event.ts";

const prefix = "sender";
/** Those that Drover itself writes, whoever sent the event. */
const ownNames: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "time",
  "tags",
  "runid",
  "workflow",
  "cause",
  "hops",
  "data",
]);
/** Beside Drover's own: they stand for what is told apart elsewhere. */
const readElsewhere: ReadonlySet<string> = new Set([...ownNames, "datacontenttype", "data_base64"]);
const attributeName = /^[a-z0-9]+$/;

export function addAttributes(wire: Record<string, unknown>, attributes: Attributes): void {
  for (const name in attributes) wire[wireNameOf(name)] = attributes[name];
}

/** Null when there are none. */
export function attributesIn(
  wire: Readonly<Record<string, unknown>>,
): Record<string, string | number | boolean> | null {
  let found: Record<string, string | number | boolean> | null = null;
  for (const wireName in wire) {
    if (readElsewhere.has(wireName)) continue;
    const name = wireName.startsWith(prefix) ? wireName.slice(prefix.length) : wireName;
    const value = wire[wireName];
    if (!attributeName.test(name) || !isAttribute(value)) continue;
    if (name === "id" && !isSenderId(value)) continue;
    found ??= {};
    found[name] = value;
  }
  return found;
}

function wireNameOf(name: string): string {
  return ownNames.has(name) || name.startsWith(prefix) ? prefix + name : name;
}

function isAttribute(value: unknown): value is string | number | boolean {
  if (typeof value === "string") return value.length <= attributeCharsMax;
  return typeof value === "boolean" || (typeof value === "number" && Number.isSafeInteger(value));
}

/** Events are found by it. */
function isSenderId(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= senderIdCharsMax;
}
