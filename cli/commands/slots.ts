import { serialised, type Format } from "../format.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

export type SlotsOptions = {
  readonly outcome: string | null;
  readonly limit: number;
  readonly output: Format | "table";
};

/** What became of the slots of a time schedule, newest first. */
export async function slots(session: Session, name: string, { outcome, limit, output }: SlotsOptions): Promise<void> {
  const found = await session.api.slots(name, outcome, limit);
  if (output !== "table") return session.print(serialised(found, output));
  if (found.length === 0) return session.say("none found");
  const rows = found.map(({ due, from, count, outcome: became, run, reason }) => [
    from === null ? due : `${from} to ${due}`,
    String(count),
    became,
    run ?? "",
    reason ?? "",
  ]);
  session.print(table(["DUE", "SLOTS", "OUTCOME", "RUN", "REASON"], rows));
}
