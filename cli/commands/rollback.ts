// Brings back what an artifact was in an earlier revision.
import { rollBack } from "../history-api.ts";
import type { Session } from "../session.ts";
import { artifactKind } from "./history.ts";

export async function rollback(session: Session, word: string, name: string, revision: number): Promise<void> {
  const kind = artifactKind(word);
  const applied = await rollBack(session.api, kind, { name, revision });
  const redeploying = applied.redeployed ? ", redeploying" : "";
  const said =
    applied.action === "unchanged"
      ? `is already as it was in v${revision}; nothing changed`
      : `is as it was in v${revision} again: revision ${applied.revision}${redeploying}`;
  session.print(`${kind} ${name} ${said}\n`);
  for (const warning of applied.warnings ?? []) session.say(`warning: ${warning}`);
}
