// Deletes what none of the applied files names. The controller decides what that is, as it does for a plan: nothing when it would
// refuse one of the files.
import type { Source } from "../documents.ts";
import { Failure } from "../failure.ts";
import { planOf } from "../history-api.ts";
import type { Session } from "../session.ts";
import { problemsOf } from "./plan.ts";

/** As many documents as one request may have. */
const atOnce = 500;

export async function prune(session: Session, sources: readonly Source[]): Promise<void> {
  const planned = await planOf(session.api, sources, true);
  const problems = problemsOf(planned);
  if (problems.length > 0 || planned.deleted === null)
    throw new Failure([...problems, "nothing was deleted, as a file would be refused now"].join("\n"));
  const names = planned.deleted.map(({ kind, name }) => ({ kind, name }));
  for (let from = 0; from < names.length; from += atOnce) {
    const text = JSON.stringify(names.slice(from, from + atOnce));
    for (const { kind, name } of await session.api.deleteAll({ type: "application/json", text }))
      session.print(`${kind} ${name} deleted\n`);
  }
}
