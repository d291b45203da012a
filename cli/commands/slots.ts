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
  const stretches = found.some(({ count }) => count > 1);
  const rows = found.map(({ due, from, count, outcome: became, run, reason }) => {
    const when = from === null ? due : `${from} to ${due}`;
    const why = [became, run ?? "", reason ?? ""];
    return (stretches ? [when, String(count)] : [when]).concat(why);
  });
  session.print(table(["DUE", ...(stretches ? ["SLOTS"] : []), "OUTCOME", "RUN", "REASON"], rows));
}
