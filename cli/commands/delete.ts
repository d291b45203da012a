import { Failure } from "../failure.ts";
import { parseKind } from "../kind.ts";
import type { Session } from "../session.ts";

/** Deleting what is not there is fine, and said: it may be a typing mistake. */
export async function deleteNamed(session: Session, word: string, names: readonly string[]): Promise<void> {
  const kind = parseKind(word);
  if (kind === "event") throw new Failure("events cannot be deleted; they go by age", 2);
  if (kind === "run") throw new Failure("runs cannot be deleted; drover stop RUN ends one", 2);
  const documents = { type: "application/json", text: JSON.stringify(names.map((name) => ({ kind, name }))) } as const;
  const applied = await session.api.deleteAll(documents);
  const deleted = new Set(applied.map((one) => one.name));
  for (const name of names) session.print(`${kind} ${name} ${deleted.has(name) ? "deleted" : "was not there"}\n`);
  for (const { warnings = [] } of applied) for (const warning of warnings) session.say(`warning: ${warning}`);
}
