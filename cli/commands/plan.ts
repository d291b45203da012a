// What apply would change. Exit codes as a script asks: 0 nothing, 1 something, 2 it cannot be applied or told.
import { problemText } from "../../model/problem.ts";
import { differenceText } from "../difference-text.ts";
import { readSources } from "../documents.ts";
import { Failure } from "../failure.ts";
import { serialised } from "../format.ts";
import { type Plan, type Planned, planOf } from "../history-api.ts";
import type { Session } from "../session.ts";

export type PlanOptions = { readonly prune: boolean; readonly json: boolean };

const words = { created: "create", updated: "update", deleted: "delete" } as const;

export async function plan(session: Session, paths: readonly string[], { prune, json }: PlanOptions): Promise<void> {
  const planned = await asked(session, paths, prune);
  if (json) session.print(serialised(planned, "json"));
  const all = [...planned.files.flatMap(({ changes }) => changes), ...(planned.deleted ?? [])];
  const changes = all.filter(({ action }) => action !== "unchanged");
  if (!json) {
    session.print(changes.map(changeText).join(""));
    for (const { name, changes: ofFile } of planned.files)
      for (const { warnings = [] } of ofFile)
        for (const warning of warnings) session.say(`${name}: warning: ${warning}`);
  }
  const problems = problemsOf(planned);
  if (problems.length > 0)
    throw new Failure(
      [...problems, ...(prune ? ["nothing would be deleted, as a file would be refused"] : [])].join("\n"),
      2,
    );
  if (changes.length > 0) throw new Failure(summary(changes));
  if (!json) session.print("nothing would change\n");
}

/** Each with the file's name. */
export function problemsOf({ files }: Plan): string[] {
  return files.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problemText(problem)}`));
}

/** 1 means that something would change, so whatever goes wrong is 2. */
async function asked(session: Session, paths: readonly string[], prune: boolean): Promise<Plan> {
  try {
    return await planOf(session.api, await readSources(paths), prune);
  } catch (error) {
    throw error instanceof Failure ? new Failure(error.message, 2) : error;
  }
}

function changeText({ kind, name, action, revision, redeployed, diff }: Planned): string {
  const head = `${kind} ${name} would be ${action}, revision ${revision}${redeployed ? ", redeploying" : ""}\n`;
  return head + (diff === null ? "  too many differences to be listed\n" : differenceText(diff));
}

function summary(changes: readonly Planned[]): string {
  const counts = Object.entries(words).map(([action, word]) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${count} to ${word}`];
  });
  return counts.flat().join(", ");
}
