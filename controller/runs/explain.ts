// Why an event set off what it did: the runs that it set off, and for workflows that ask for events, why it set off none of theirs.
//
//   W1. What became of it is what the history knows, whatever the workflows look like by now.
//   W2. Why something did not happen is judged by the workflows as they are now, and said to be so where a schedule began to hold
//       after the event was stored.
//   W3. Near misses share at least one criterion. Where there are none, the filters that were perhaps meant are named.
import type { EventSchedule } from "../../model/event-schedule.ts";
import type { Event } from "../../model/event.ts";
import { type RunState, hopsMax } from "../../model/run.ts";
import { isSlotReport } from "../../model/slot.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { hopsOf, rumourRule, runToldBy } from "../triggers/loop-rules.ts";
import { addressedTo } from "../triggers/runs-of-event.ts";
import { type Criterion, criteriaOf, nearestFilters } from "./explain-criteria.ts";
import type { RunRecord } from "./history.ts";
import { headline } from "./run-summaries.ts";

const missesShownMax = 50;

export type ExplainedRun = {
  readonly run: string;
  readonly workflow: string;
  readonly state: RunState;
  readonly trigger: string;
  readonly replay: string | null;
  /** Why it did not complete; null when it did, or is not over. */
  readonly reason: string | null;
  readonly revision: number | null;
};

/**
 * `held-back`: the filter matches, and a rule keeps the run from being set off. `earlier`: it matches, but holds only for later
 * events. `unheard`: nothing is known of a run that there should be. `miss`: not all of the filter matches. `nearest`: nothing of it
 * does, but something is nearly the same.
 */
export type Verdict = "held-back" | "earlier" | "unheard" | "miss" | "nearest";

export type ExplainedWorkflow = {
  readonly workflow: string;
  readonly revision: number;
  readonly verdict: Verdict;
  readonly says: string;
  readonly criteria: readonly Criterion[];
};

export type Explanation = {
  readonly event: Event;
  /** One sentence for all. */
  readonly says: string;
  /** The one workflow that it is meant for: a slot, a webhook, a run by hand, … */
  readonly addressed: { readonly workflow: string; readonly says: string } | null;
  readonly runs: readonly ExplainedRun[];
  readonly workflows: readonly ExplainedWorkflow[];
  /** Near misses that are left out. */
  readonly more: number;
};

type Known = {
  readonly event: Event;
  readonly sequence: number;
  /** That it set off, its replays included. */
  readonly runs: readonly RunRecord[];
  readonly workflows: readonly LiveWorkflow[];
};

export function explain({ event, sequence, runs, workflows }: Known): Explanation {
  const addressed = addresseeOf(event);
  const ran = new Set(runs.filter(({ trigger }) => trigger !== "replay").map(({ workflow }) => workflow));
  const asking = workflows.flatMap((entry) => {
    const { schedule } = entry.artifact;
    const asks = typeof schedule === "object" && "event" in schedule && !ran.has(entry.artifact.name);
    return asks && entry.artifact.name !== addressed?.workflow ? [{ entry, schedule: schedule.event }] : [];
  });
  const judged = asking.map((one) => judge(one, { event, sequence }));
  const telling = judged.filter((one) => one !== null).toSorted(byTelling);
  const far = ran.size === 0 && telling.length === 0 && addressed === null ? farOnes(asking, event) : [];
  const shown = [...telling, ...far].slice(0, missesShownMax);
  return {
    event,
    says: summary(runs, shown, { addressed, asking: asking.length }),
    addressed,
    runs: runs.map(shownRun),
    workflows: shown,
    more: telling.length + far.length - shown.length,
  };
}

type Asking = { readonly entry: LiveWorkflow; readonly schedule: EventSchedule };

/** Null when it shares nothing with the event. */
function judge(
  { entry, schedule }: Asking,
  { event, sequence }: Pick<Known, "event" | "sequence">,
): ExplainedWorkflow | null {
  const criteria = criteriaOf(schedule, event);
  if (!criteria.some(({ fits }) => fits)) return null;
  const { revision, scheduled } = entry;
  const isLater = sequence <= (scheduled?.afterSequence ?? 0);
  const told = (verdict: Verdict, says: string): ExplainedWorkflow => {
    return { workflow: entry.artifact.name, revision, verdict, says, criteria };
  };
  const now = `as it is now (revision ${revision}, its schedule saved after this event)`;
  if (criteria.some(({ fits }) => !fits)) {
    const [fit, unfit] = [criteria.filter(({ fits }) => fits), criteria.filter(({ fits }) => !fits)];
    const says = `${sentence(unfit)}; ${sentence(fit)}`;
    return told("miss", isLater ? `${now}: ${says}` : says);
  }
  if (isLater) return told("earlier", `${now} it asks for this event, and it is set off by later ones only`);
  const rule = ruleAgainst(event, entry);
  if (rule !== null) return told("held-back", rule);
  return told("unheard", "it asks for this event, and nothing is known of a run: it may be on its way, or forgotten");
}

function ruleAgainst(event: Event, { artifact, status }: LiveWorkflow): string | null {
  const hops = hopsOf(event);
  if (hops > hopsMax)
    return `${hops} runs lie before this event in its chain of causes, and more than ${hopsMax} set off nothing`;
  const rule = rumourRule(event, artifact.name);
  if (rule !== null || status !== "suspended" || runToldBy(event)?.state !== "skipped") return rule;
  return "it is about a run that was skipped, and does not make a suspended workflow skip one more";
}

/** What is meant for one workflow alone. */
function addresseeOf(event: Event): Explanation["addressed"] {
  const { source, type, value } = event;
  if (source === "/controller" && type === "slot" && isSlotReport(value) && value.outcome !== "ran")
    return { workflow: value.workflow, says: `the slot was ${value.outcome}: ${value.reason ?? "no reason is known"}` };
  const meant = addressedTo(event);
  if (meant === null) return null;
  const { workflow, trigger } = meant;
  return { workflow, says: `it is meant for ${workflow} alone (${event.type === "requeue" ? "requeue" : trigger})` };
}

function farOnes(asking: readonly Asking[], event: Event): ExplainedWorkflow[] {
  const byName = new Map(asking.map((one) => [one.entry.artifact.name, one]));
  const filters = asking.map(({ entry, schedule }) => ({ workflow: entry.artifact.name, schedule }));
  return nearestFilters(filters, event).flatMap(({ workflow, says }) => {
    const one = byName.get(workflow);
    if (!one) return [];
    const criteria = criteriaOf(one.schedule, event);
    return [{ workflow, revision: one.entry.revision, verdict: "nearest" as const, says, criteria }];
  });
}

/** What matches comes first, then what nearly does. */
function byTelling(a: ExplainedWorkflow, b: ExplainedWorkflow): number {
  return share(b) - share(a) || (a.workflow < b.workflow ? -1 : 1);
}

function share({ criteria }: ExplainedWorkflow): number {
  return criteria.filter(({ fits }) => fits).length / criteria.length;
}

/** A run that was skipped or refused never ran. */
const neverRan: ReadonlySet<RunState> = new Set(["skipped", "refused"]);

function summary(
  runs: readonly RunRecord[],
  shown: readonly ExplainedWorkflow[],
  { addressed, asking }: { readonly addressed: Explanation["addressed"]; readonly asking: number },
): string {
  const direct = runs.filter(({ trigger }) => trigger !== "replay");
  const ran = workflowsOf(direct.filter(({ state }) => !neverRan.has(state)));
  const others = [...neverRan].flatMap((state) => {
    const count = workflowsOf(direct.filter((run) => run.state === state));
    return count === 0 ? [] : [`${runsOf(count)} ${count === 1 ? "was" : "were"} ${state}`];
  });
  if (direct.length > 0) return [`it set off ${ran === 0 ? "nothing" : runsOf(ran)}`, ...others].join("; ");
  if (addressed !== null) return `it set off nothing; ${addressed.says}`;
  if (asking === 0) return "it set off nothing: no workflow asks for events";
  if (shown.some(({ verdict }) => verdict !== "nearest")) return "it set off nothing";
  const near = shown.length === 0 ? "" : "; the nearest ask for something that reads nearly the same";
  return `it set off nothing: none of the ${asking} workflows that ask for events asks for any of its tags, its type or its source${near}`;
}

function workflowsOf(runs: readonly RunRecord[]): number {
  return new Set(runs.map(({ workflow }) => workflow)).size;
}

function runsOf(workflows: number): string {
  return workflows === 1 ? "a run of 1 workflow" : `runs of ${workflows} workflows`;
}

function shownRun(run: RunRecord): ExplainedRun {
  const { id, workflow, state, trigger, replay = null, revision, outcome } = run;
  return { run: id, workflow, state, trigger, replay, reason: outcome && headline(outcome), revision };
}

function sentence(criteria: readonly Criterion[]): string {
  return criteria.map(({ says }) => says).join(", ");
}
