import { instanceTable } from "../instance-table.ts";
import type { Session } from "../session.ts";

/** The instances of all workflows. */
export async function ps(session: Session): Promise<void> {
  const workflows = await session.api.workflows();
  if (workflows.length === 0) session.say("none found");
  else session.print(instanceTable(workflows, Date.now()));
}
