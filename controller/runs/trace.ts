// The chain of causes around an event or a run, as a tree: event → the runs that it set off → the events that they emitted. An
// event also leads to its replays, which are events themselves and lead to their runs.
//
//   C1. It begins at the root: the event that no run emitted and that is no replay, or what is forgotten before it.
//   C2. It is bounded in nodes and in depth. A node whose children were left out is marked, and so is the tree.
//   C3. An event about a run (type `run`) may set off others, too: it is shown under its run when it leads to what was asked for.
import type { Event } from "../../model/event.ts";
import { replayIn } from "../../model/replay.ts";
import { type RunReport, isRunReport } from "../../model/run.ts";
import type { RunHistory, RunRecord } from "./history.ts";
import { inSlices } from "./in-slices.ts";

const nodesMax = 1_000;
/** Levels of events and runs together; more than any chain that is not refused has (hopsMax). */
const levelsMax = 80;

export type EventNode = Pick<Event, "id" | "type" | "source" | "tags" | "timestamp"> & {
  readonly kind: "event";
  readonly runs: readonly RunNode[];
  /** Events of type `replay` about it. */
  readonly replays: readonly EventNode[];
  /** Not all that it set off is shown. */
  readonly cut: boolean;
};
export type RunNode = Pick<
  RunReport,
  "id" | "workflow" | "state" | "trigger" | "attempt" | "hops" | "queuedAt" | "startedAt" | "finishedAt"
> & { readonly kind: "run"; readonly events: readonly EventNode[]; readonly cut: boolean };
export type TraceNode = EventNode | RunNode;
/** `asked`: the id that the tree was asked for. `cut`: something is left out. */
export type TraceTree = { readonly asked: string; readonly root: TraceNode; readonly cut: boolean };

/** Null when there is no event or run of that id. */
export type Trace = (id: string, passed: number) => Promise<TraceTree | null>;

type Found = { readonly kind: "event"; readonly event: Event } | { readonly kind: "run"; readonly run: RunRecord };
type Growing = { readonly found: Found; readonly children: Growing[]; cut: boolean };
type Asking = Pick<RunHistory, "run" | "event" | "causedBy" | "emittedBy" | "replaysOf">;

export function createTrace(history: Asking): Trace {
  return async (id, passed) => {
    const path = await climb(history, id, passed);
    const [root] = path;
    if (root === undefined) return null;
    const tree = await grow(history, root, path, passed);
    return { asked: id, root: shown(tree), cut: isCut(tree) };
  };
}

/** From the root down to what was asked for; empty when that is nowhere. */
async function climb(history: Asking, id: string, passed: number): Promise<Found[]> {
  const path: Found[] = [];
  const seen = new Set<string>();
  for (let next = await find(history, id, passed); next !== null && !seen.has(idOf(next));) {
    path.unshift(next);
    seen.add(idOf(next));
    if (path.length >= levelsMax) break;
    next = await before(history, next, passed);
  }
  return path;
}

async function find(history: Asking, id: string, passed: number): Promise<Found | null> {
  const run = await history.run(id, passed);
  if (run) return { kind: "run", run };
  const event = await history.event(id, passed);
  return event && { kind: "event", event };
}

async function before(history: Asking, found: Found, passed: number): Promise<Found | null> {
  if (found.kind === "run") {
    const event = found.run.cause === null ? null : await history.event(found.run.cause, passed);
    return event && { kind: "event", event };
  }
  const replayed = replayIn(found.event)?.event.id;
  if (replayed !== undefined) {
    const event = await history.event(replayed, passed);
    return event && { kind: "event", event };
  }
  const run = await emitterOf(history, found.event, passed);
  return run && { kind: "run", run };
}

/** An agent may only speak for its own workflow's runs. */
async function emitterOf(
  history: Asking,
  { run: id, type, value, source }: Event,
  passed: number,
): Promise<RunRecord | null> {
  const emitter = id ?? (type === "run" && isRunReport(value) ? value.id : null);
  const run = emitter === null ? null : await history.run(emitter, passed);
  return run !== null && (source === "/controller" || isOf(run, source)) ? run : null;
}

/** Level by level, so that what is left out is what lies deepest. */
async function grow(history: Asking, root: Found, path: readonly Found[], passed: number): Promise<Growing> {
  const tree: Growing = { found: root, children: [], cut: false };
  const seen = new Set([idOf(root)]);
  let level = [tree];
  for (let depth = 1; level.length > 0; depth += 1) {
    const room = nodesMax - seen.size;
    const grown = await inSlices(level, ({ found }) => childrenOf(history, found, path, passed, Math.max(room, 0) + 1));
    const next: Growing[] = [];
    for (const [index, children] of grown.entries()) {
      const parent = level[index];
      if (parent) next.push(...adopt(parent, children, seen, depth));
    }
    level = next;
  }
  return tree;
}

function adopt(parent: Growing, children: readonly Found[], seen: Set<string>, depth: number): Growing[] {
  for (const found of children) {
    if (seen.has(idOf(found))) continue;
    if (seen.size >= nodesMax || depth >= levelsMax) {
      parent.cut = true;
      break;
    }
    seen.add(idOf(found));
    parent.children.push({ found, children: [], cut: false });
  }
  return parent.children;
}

async function childrenOf(
  history: Asking,
  found: Found,
  path: readonly Found[],
  passed: number,
  countMax: number,
): Promise<Found[]> {
  const place = path.findIndex((one) => idOf(one) === idOf(found));
  const first = place === -1 ? [] : path.slice(place + 1, place + 2);
  if (found.kind === "event") {
    const [runs, replays] = await Promise.all([
      history.causedBy(found.event.id, countMax, passed),
      history.replaysOf(found.event.id, countMax, passed),
    ]);
    const all = [
      ...runs.map((run) => ({ kind: "run", run }) as const),
      ...replays.map((event) => ({ kind: "event", event }) as const),
    ];
    return [...first, ...all];
  }
  const events = await history.emittedBy(found.run.id, countMax, passed);
  const own = events.filter(({ source }) => isOf(found.run, source));
  return [...first, ...own.map((event) => ({ kind: "event", event }) as const)];
}

function isOf(run: RunRecord, source: string): boolean {
  return source === `/workflows/${run.workflow}`;
}

function idOf(found: Found): string {
  return found.kind === "run" ? found.run.id : found.event.id;
}

function shown(tree: Growing): TraceNode {
  return tree.found.kind === "event" ? shownEvent(tree.found.event, tree) : shownRun(tree.found.run, tree);
}

function shownEvent({ id, type, source, tags, timestamp }: Event, { children, cut }: Growing): EventNode {
  const runs = children.flatMap((child) => (child.found.kind === "run" ? [shownRun(child.found.run, child)] : []));
  return { kind: "event", id, type, source, tags, timestamp, runs, replays: shownEvents(children), cut };
}

function shownEvents(children: readonly Growing[]): EventNode[] {
  return children.flatMap((child) => (child.found.kind === "event" ? [shownEvent(child.found.event, child)] : []));
}

function shownRun(run: RunRecord, { children, cut }: Growing): RunNode {
  const { id, workflow, state, trigger, attempt, hops, queuedAt, startedAt, finishedAt } = run;
  const facts = { id, workflow, state, trigger, attempt, hops, queuedAt, startedAt, finishedAt };
  return { kind: "run", ...facts, events: shownEvents(children), cut };
}

function isCut({ cut, children }: Growing): boolean {
  return cut || children.some(isCut);
}
