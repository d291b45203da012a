// Workflows as the API shows them: what is stored, what is true of each now, and what became of its runs.
//
//   V1. However many workflows are shown, the history is asked one question for each workflowsAtOnce of them.
//   V2. A workflow can be read while the history cannot: `queue` and `last_run` are null then.
//   V3. Runs of an earlier revision say nothing about this one: only the present one's bad end is in `message`.
import type { RunState } from "../../model/run.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { IndexUnavailable } from "../events/index.ts";
import type { RunsSummary } from "../runs/history.ts";
import { nextSlotOf } from "./next-slot.ts";
import type { HttpParts } from "./parts.ts";
import { warningsOf } from "./workflow-warnings.ts";

/** As many as the history takes at once. */
const workflowsAtOnce = 1_000;

export type WorkflowView = Readonly<Record<string, unknown>>;

/** The ends that a person should look at, as a sentence says them. */
const badEnds: Partial<Readonly<Record<RunState, string>>> = {
  failed: "failed",
  "timed-out": "timed out",
  dead: "is dead",
  refused: "was refused",
};

export async function workflowViews(entries: readonly LiveWorkflow[], parts: HttpParts): Promise<WorkflowView[]> {
  const views: WorkflowView[] = [];
  for (let from = 0; from < entries.length; from += workflowsAtOnce) {
    const some = entries.slice(from, from + workflowsAtOnce);
    const summaries = await summariesOf(some, parts);
    views.push(...some.map((entry) => viewOf(entry, summaries?.get(entry.artifact.name) ?? null, parts)));
  }
  return views;
}

async function summariesOf(
  entries: readonly LiveWorkflow[],
  { history, appender }: HttpParts,
): Promise<ReadonlyMap<string, RunsSummary> | null> {
  const names = [...new Set(entries.map((entry) => entry.artifact.name))];
  try {
    return await history.summaries(names, appender.lastSequence);
  } catch (error) {
    if (error instanceof IndexUnavailable) return null;
    throw error;
  }
}

function viewOf(entry: LiveWorkflow, runs: RunsSummary | null, parts: HttpParts): WorkflowView {
  const { kind, name, metadata, breed, schedule, environment_variables, scale, network, ...rules } = entry.artifact;
  const state = parts.stateOf(entry);
  return {
    kind,
    name,
    metadata,
    breed,
    status: state.status,
    schedule,
    environment_variables,
    scale,
    concurrency: rules.concurrency,
    retry: rules.retry,
    timeout: rules.timeout,
    isolation: rules.isolation,
    keep_warm: rules.keep_warm,
    network,
    arguments: rules.arguments,
    ...(rules.permissions && { permissions: rules.permissions }),
    ...(rules.secrets && { secrets: rules.secrets }),
    instances: state.instances,
    health: state.health,
    revision: entry.revision,
    deployment: entry.deployment.id,
    queue: runs && { queued: runs.queued, started: runs.started },
    last_run: runs?.last
      ? { id: runs.last.id, state: runs.last.state, at: runs.last.at, error: runs.last.error }
      : null,
    next_slot: nextSlotOf(entry, parts.now().getTime()),
    message: messageOf(entry, { said: state.message, runs }, parts),
  };
}

/** What keeps it from running comes first; then how its runs end, and what it lacks. */
function messageOf(
  entry: LiveWorkflow,
  { said, runs }: { said: string | null; runs: RunsSummary | null },
  parts: HttpParts,
): string | null {
  if (said !== null) return `${said}${waitingRuns(runs?.queued ?? 0)}`;
  const sentences = [...badEnd(entry, runs), ...warningsOf(entry, parts)];
  return sentences.length === 0 ? null : sentences.join("; ");
}

function waitingRuns(count: number): string {
  if (count === 0) return "";
  return count === 1 ? "; 1 run waits" : `; ${count} runs wait`;
}

function badEnd({ revision }: LiveWorkflow, runs: RunsSummary | null): string[] {
  const last = runs?.last;
  const end = last && badEnds[last.state];
  if (!last || end === undefined || (last.revision !== null && last.revision !== revision)) return [];
  return [`the last run ${end}: ${last.error ?? "without a word"}`];
}
