import { Failure } from "../failure.ts";
import { parseKind } from "../kind.ts";
import type { Session } from "../session.ts";

/** Deleting what is not there is fine: it is gone. */
export async function deleteNamed(session: Session, word: string, names: readonly string[]): Promise<void> {
  const kind = parseKind(word);
  if (kind === "event") throw new Failure("events cannot be deleted; they go by age", 2);
  for (const name of names) {
    await session.api.delete(kind, name);
    session.print(`${kind} ${name} deleted\n`);
  }
}
