// When the workflows in files would have been set off in the past, and how that differs from the revisions that are live.
import { readSources } from "../documents.ts";
import { Failure, Refused } from "../failure.ts";
import { serialised } from "../format.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

export type TriggerTestOptions = {
  readonly since: string;
  readonly until: string | null;
  /** List every time, not only what would be different. */
  readonly all: boolean;
  readonly json: boolean;
};

type Fire =
  | {
      readonly kind: "event";
      readonly at: string;
      readonly id: string;
      readonly type: string;
      readonly tags: readonly string[];
    }
  | { readonly kind: "slot"; readonly at: string; readonly due: string };
type Tally = {
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly listed: readonly Fire[];
  /** Counted only up to there; null: to the end. */
  readonly through: string | null;
};
type Trial = {
  readonly workflow: string;
  readonly since: string;
  readonly until: string;
  readonly reason: string | null;
  readonly fires: Tally;
  readonly live: {
    readonly revision: number;
    readonly status: string;
    readonly fires: Tally;
    readonly added: Tally;
    readonly gone: Tally;
  } | null;
};

export async function triggerTest(
  session: Session,
  paths: readonly string[],
  { since, until, all, json }: TriggerTestOptions,
): Promise<void> {
  const query = new URLSearchParams({ since, ...(until !== null && { until }) }).toString();
  const trials: Trial[] = [];
  const refusals: string[] = [];
  for (const { name, type, text } of await readSources(paths)) {
    const request = { method: "POST", path: `/workflows/test?${query}`, body: { type, text } } as const;
    try {
      trials.push(...(JSON.parse(await session.api.text(request)) as Trial[]));
    } catch (error) {
      if (!(error instanceof Refused) || error.exitCode === 2) throw error;
      refusals.push(...error.lines.map((line) => `${name}: ${line}`));
    }
  }
  if (json && trials.length > 0) session.print(serialised(trials, "json"));
  else session.print(trials.map((trial) => trialText(trial, all)).join("\n"));
  if (refusals.length > 0) throw new Failure(refusals.join("\n"));
}

function trialText({ workflow, since, until, reason, fires, live }: Trial, all: boolean): string {
  const head = `${workflow}, from ${since} to ${until}\n`;
  const own = `  ${reason ?? `would have fired ${countText(fires)}`}\n`;
  if (live === null) return `${head}${own}  no workflow of this name is live\n${indented(fireTable("", fires))}`;
  const { revision, status, fires: before, added, gone } = live;
  const suspended = status === "suspended" ? ", but suspended" : "";
  const compared = `  revision ${revision} (live${suspended}) would have fired ${countText(before)}\n`;
  const listed = all ? indented(fireTable("", fires)) : "";
  if (added.count + gone.count === 0) return `${head}${own}${compared}  ${nothingText(fires, all)}\n${listed}`;
  const difference = `  additionally: ${countText(added)}; no longer: ${countText(gone)}\n`;
  const changes = `${indented(fireTable("+", added))}${indented(fireTable("-", gone))}`;
  return `${head}${own}${compared}${difference}${changes}${listed}`;
}

function nothingText({ count, through }: Tally, all: boolean): string {
  const known = through === null ? "" : `, as far as it was counted (up to ${through})`;
  return `nothing changes${known}${count === 0 || all ? "" : "; --all lists them"}`;
}

/** `12 times, first … and last …`; `at least` where it was not counted to the end. */
function countText({ count, first, last, through }: Tally): string {
  const least = through === null ? "" : "at least ";
  const until = through === null ? "" : ` (counted only up to ${through}; test a shorter past)`;
  if (count === 0 || first === null || last === null) return `${through === null ? "" : "so far "}never${until}`;
  const when = count === 1 ? ` at ${first}` : `, first ${first}, last ${last}`;
  return `${least}${count === 1 ? "once" : `${count} times`}${when}${until}`;
}

function fireTable(mark: string, { count, listed }: Tally): string {
  if (listed.length === 0) return "";
  const rows = listed.map((fire) =>
    fire.kind === "event"
      ? [`${mark} ${fire.at}`, fire.type, fire.id, fire.tags.join(",")]
      : [`${mark} ${fire.at}`, "slot", `due ${fire.due}`],
  );
  const rest = count > listed.length ? `${mark} and ${count - listed.length} more\n`.trimStart() : "";
  return `${table(["", "", "", ""], rows).split("\n").slice(1).join("\n")}${rest}`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
