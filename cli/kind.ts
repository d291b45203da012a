import { Failure } from "./failure.ts";

export type Kind = "breed" | "workflow" | "event" | "run";

/** Singular and plural are the same. */
export function parseKind(word: string): Kind {
  const singular = word.toLowerCase().replace(/s$/, "");
  if (singular === "breed" || singular === "workflow" || singular === "event" || singular === "run") return singular;
  throw new Failure(`unknown kind "${word}"; known are breeds, workflows, events and runs`, 2);
}
