// The revisions of one artifact, and how far back they reach.
import { Failure } from "../failure.ts";
import { serialised, type Format } from "../format.ts";
import { type Revision, revisionsOf } from "../history-api.ts";
import { parseKind } from "../kind.ts";
import type { ArtifactKind } from "../controller-api.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** Paths that one row has room for; more are counted. */
const pathsShownMax = 4;

export async function history(
  session: Session,
  word: string,
  name: string,
  { output }: { output: Format | "table" },
): Promise<void> {
  const rows = await revisionsOf(session.api, artifactKind(word), name);
  if (output !== "table") return session.print(serialised(rows, output));
  session.print(historyTable(rows));
  for (const line of reach(rows)) session.say(line);
}

/** Of those kinds that have revisions. Throws Failure for another. */
export function artifactKind(word: string): ArtifactKind {
  const kind = parseKind(word);
  if (kind === "breed" || kind === "workflow") return kind;
  throw new Failure(`${kind}s have no revisions; breeds and workflows have`, 2);
}

function historyTable(rows: readonly Revision[]): string {
  return table(
    ["REVISION", "WHEN", "WHO", "ACTION", "CHANGED"],
    rows.map((row) => [`v${row.revision}`, row.at, row.by, actionText(row), changedText(row)]),
  );
}

function actionText({ action, restores }: Revision): string {
  return restores === null ? (action ?? "not known") : `rollback to v${restores}`;
}

function changedText({ action, changed }: Revision): string {
  if (changed === null) return action === null ? "not known" : "";
  const more = changed.length - pathsShownMax;
  return `${changed.slice(0, pathsShownMax).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function reach(rows: readonly Revision[]): string[] {
  const oldest = rows.at(-1);
  const newestLost = rows.find(({ kept, action }) => !kept && action !== "delete");
  return [
    ...(newestLost ? [`the content of v${newestLost.revision} and of what is older is not kept any more`] : []),
    ...(oldest && oldest.revision > 1 ? [`what was before v${oldest.revision} is not known any more`] : []),
  ];
}
