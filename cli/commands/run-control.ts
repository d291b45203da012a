// What people may do to runs. One that is refused does not keep the others from being asked for.
import { Failure, Refused } from "../failure.ts";
import type { Session } from "../session.ts";

export function requeue(session: Session, ids: readonly string[]): Promise<void> {
  return forEach(ids, async (id) => {
    await session.api.requeue(id);
    session.print(`run ${id} is given again\n`);
  });
}

export function stop(session: Session, ids: readonly string[]): Promise<void> {
  return forEach(ids, async (id) => {
    await session.api.stopRun(id);
    session.print(`run ${id} stopping\n`);
  });
}

async function forEach(ids: readonly string[], ask: (id: string) => Promise<void>): Promise<void> {
  const refusals: string[] = [];
  for (const id of ids) {
    try {
      await ask(id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(...error.lines);
    }
  }
  if (refusals.length > 0) throw new Failure(refusals.join("\n"));
}
