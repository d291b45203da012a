// What differs between two revisions of one artifact.
import { differences, wholeTexts } from "../../model/difference.ts";
import type { ArtifactKind } from "../controller-api.ts";
import { differenceText } from "../difference-text.ts";
import { Failure } from "../failure.ts";
import { serialised } from "../format.ts";
import { type Revision, revisionOf, revisionsOf } from "../history-api.ts";
import type { Session } from "../session.ts";
import { artifactKind } from "./history.ts";

export type DiffOptions = {
  /** Null: the one before `to`, so that both left out are the last change. */
  readonly from: number | null;
  /** Null: the newest. */
  readonly to: number | null;
  readonly json: boolean;
};

export async function diff(session: Session, word: string, name: string, options: DiffOptions): Promise<void> {
  const kind = artifactKind(word);
  const { from, to } = bounds(await revisionsOf(session.api, kind, name), options, `${kind} ${name}`);
  const document = (revision: number): Promise<unknown> => documentOf(session, kind, name, revision);
  const found = differences(await document(from), await document(to), wholeTexts);
  if (options.json) return session.print(serialised({ kind, name, from, to, diff: found }, "json"));
  session.print(
    `${kind} ${name}: v${from} → v${to}\n${found.length === 0 ? "  no difference\n" : differenceText(found)}`,
  );
}

/** Pure. Throws Failure where there is nothing to compare. */
function bounds(
  rows: readonly Revision[],
  { from, to }: DiffOptions,
  what: string,
): { readonly from: number; readonly to: number } {
  const [newest] = rows;
  if (!newest) throw new Failure(`${what} has no revisions`);
  if (to === null && newest.action === "delete")
    throw new Failure(`${what} was deleted by ${newest.by} at ${newest.at}; name two revisions to compare what it was`);
  const last = to ?? newest.revision;
  if (from !== null) return { from, to: last };
  if (newest.action === "create")
    throw new Failure(`v${last} of ${what} is the first since it was created; name two revisions to compare`);
  return { from: last - 1, to: last };
}

function documentOf(session: Session, kind: ArtifactKind, name: string, revision: number): Promise<unknown> {
  return revisionOf(session.api, kind, { name, revision });
}
