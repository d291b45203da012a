// The id of an event that follows from what happened: the same happening, seen twice, is stored once.
import { createHash } from "node:crypto";

const idCharacters = 32;

export function eventIdOf(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("/")).digest("hex").slice(0, idCharacters);
}
