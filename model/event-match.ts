// Whether an event is one of those that a query, a tail or a schedule asks for.
import type { Event } from "./event.ts";
import { topicMatcher } from "./topic-pattern.ts";

/**
 * All tags must be present. `type` is a topic pattern, so a type without wildcards must be equal; `source` must be equal up to a
 * `*` at its end. `run` is the run that emitted it or that it is about, `workflow` likewise. What is absent does not matter.
 */
export type EventFilter = {
  readonly tags?: readonly string[] | undefined;
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly run?: string | undefined;
  readonly workflow?: string | undefined;
};

export type Filterable = Pick<Event, "tags" | "type" | "source" | "run">;

/** For a filter that is asked often. */
export function compileFilter({ tags = [], type, source, run, workflow }: EventFilter): (event: Filterable) => boolean {
  const typeMatches = type === undefined ? anything : topicMatcher(type);
  const sourceMatches = source === undefined ? anything : sourceMatcher(source);
  const runMatches = run === undefined ? anything : concerns("runs", run, (event) => event.run === run);
  const emitted = workflowSource(workflow ?? "");
  const workflowMatches =
    workflow === undefined ? anything : concerns("workflows", workflow, (event) => event.source === emitted);
  return (event) =>
    tags.every((tag) => event.tags.includes(tag)) &&
    typeMatches(event.type) &&
    sourceMatches(event.source) &&
    runMatches(event) &&
    workflowMatches(event);
}

const workflowSources = "/workflows/";

/** The source of all that the code of a workflow emits. */
export function workflowSource(workflow: string): string {
  return `${workflowSources}${workflow}`;
}

/** The workflow whose source it is; null for any other source. */
export function workflowOf(source: string): string | null {
  return source.startsWith(workflowSources) ? source.slice(workflowSources.length) : null;
}

/** Whether it comes from there, or says by its tag that it is about it. */
function concerns(
  kind: string,
  name: string,
  comesFrom: (event: Filterable) => boolean,
): (event: Filterable) => boolean {
  const tag = `${kind}:${name}`;
  return (event) => comesFrom(event) || event.tags.includes(tag);
}

export function matches(filter: EventFilter, event: Filterable): boolean {
  let compiled = compiledFilters.get(filter);
  if (!compiled) compiledFilters.set(filter, (compiled = compileFilter(filter)));
  return compiled(event);
}

/** A filter is compiled once; what was compiled goes with it. */
const compiledFilters = new WeakMap<EventFilter, (event: Filterable) => boolean>();

function sourceMatcher(wanted: string): (source: string) => boolean {
  if (!wanted.endsWith("*")) return (source) => source === wanted;
  const beginning = wanted.slice(0, -1);
  return (source) => source.startsWith(beginning);
}

function anything(): boolean {
  return true;
}
