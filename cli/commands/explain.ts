// Why an event set off what it did, and why it set off nothing else.
import { eventLine } from "../event-text.ts";
import { serialised } from "../format.ts";
import { fields, section } from "../sheet.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import type { Event } from "../../model/event.ts";

type Explanation = {
  readonly event: Event;
  readonly says: string;
  readonly addressed: { readonly says: string } | null;
  readonly runs: readonly {
    readonly run: string;
    readonly workflow: string;
    readonly state: string;
    readonly trigger: string;
    readonly replay: string | null;
    readonly reason: string | null;
  }[];
  readonly workflows: readonly {
    readonly workflow: string;
    readonly revision: number;
    readonly verdict: "held-back" | "earlier" | "unheard" | "miss" | "nearest";
    readonly says: string;
  }[];
  readonly more: number;
};

const verdicts: Readonly<Record<Explanation["workflows"][number]["verdict"], string>> = {
  "held-back": "held back",
  earlier: "saved later",
  unheard: "no run known",
  miss: "does not match",
  nearest: "reads alike",
};

export async function explain(session: Session, id: string, { json }: { json: boolean }): Promise<void> {
  const found: Explanation = JSON.parse(
    await session.api.text({ path: `/events/${encodeURIComponent(id)}/explanation` }),
  );
  session.print(json ? serialised(found, "json") : textOf(found));
}

function textOf({ event, says, addressed, runs, workflows, more }: Explanation): string {
  return [
    `${eventLine(event)}\n${fields({
      Event: event.id,
      Source: event.source,
      Tags: event.tags.join(", "),
      ...(event.cause !== undefined && { Cause: `event ${event.cause} (hops: ${event.hops ?? 0})` }),
      ...(addressed && { Meant: addressed.says }),
      Result: says,
    })}`,
    section("Runs that it set off", runs.length === 0 ? "" : runTable(runs)),
    section("Workflows that it did not set off", workflows.length === 0 ? "" : workflowTable(workflows)),
    more === 0 ? "" : `\nand ${more} that match less\n`,
  ].join("");
}

function runTable(runs: Explanation["runs"]): string {
  return table(
    ["WORKFLOW", "RUN", "TRIGGER", "STATE", "WHY"],
    runs.map(({ workflow, run, trigger, replay, state, reason }) => [
      workflow,
      run,
      replay === null ? trigger : `${trigger} ${replay}`,
      state,
      reason ?? "",
    ]),
  );
}

function workflowTable(workflows: Explanation["workflows"]): string {
  return table(
    ["WORKFLOW", "REVISION", "RESULT", "WHY"],
    workflows.map(({ workflow, revision, verdict, says }) => [workflow, String(revision), verdicts[verdict], says]),
  );
}
