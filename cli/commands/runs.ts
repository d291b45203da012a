import type { RunFilter } from "../controller-api.ts";
import { serialised, type Format } from "../format.ts";
import { runTable } from "../run-text.ts";
import type { Session } from "../session.ts";

export type RunsOptions = RunFilter & { readonly limit: number; readonly output: Format | "table" };

/** Runs, newest first. */
export async function runs(session: Session, { limit, output, ...filter }: RunsOptions): Promise<void> {
  const found = await session.api.runs(filter, limit);
  // Runs outlive their workflow, so only where there are none must it be known whether there is such a workflow.
  if (found.length === 0 && filter.workflow !== null) await session.api.workflow(filter.workflow);
  if (output !== "table") session.print(serialised(found, output));
  else if (found.length === 0) session.say("none found");
  else session.print(runTable(found, Date.now()));
}
