// What to do next for the instances of one workflow that give way in the same manner: a pure decision over what is wanted and
// what is there. The reconciler asks again after every step, so a step is small and never a plan.
//
//   D1. Daemons: the old deployment is gone before the new one starts; two versions never run side by side.
//   D2. Agents: the new start at once, the old are told to drain, and end by themselves when their runs have ended; one that takes
//       longer than any run may is stopped.
//   D3. Names come from as many as may exist, so at most that many exist per deployment (I4), whatever is repeated. A name whose
//       instance has ended and not been collected is not given again before it is free. An agent that drains keeps its name and
//       leaves its place: one more name is there for another, so that runs do not wait for the end of one that is long; at most
//       as many more as there are names.
//   D4. An instance that something is being done to is left alone.
import type { Instance } from "../runtime/runtime.ts";
import type { Desired } from "./desired.ts";
import { namesOf } from "./instance-name.ts";

/** An agent that has just started may not listen yet, so it is told again until it says that it drains. */
const tellAgainMs = 1_000;

export type Step =
  | { readonly kind: "start"; readonly instances: readonly string[] }
  | { readonly kind: "stop"; readonly instances: readonly string[] }
  /** End these at once: they run and do not answer. */
  | { readonly kind: "kill"; readonly instances: readonly Instance[] }
  /** Tell these to take nothing new and to end. */
  | { readonly kind: "drain"; readonly instances: readonly string[] }
  /** Record the end of these and remove what is left of them. */
  | { readonly kind: "collect"; readonly instances: readonly Instance[] }
  | { readonly kind: "wait"; readonly untilMs: number };

/** `told`: by this controller, when last, and until when it may take. `confirmed`: it says itself that it drains. */
export type Draining = {
  readonly told: { readonly atMs: number; readonly untilMs: number } | null;
  readonly confirmed: boolean;
};

export type Observed = {
  readonly instances: readonly Instance[];
  /** Null for an instance that was not told to drain. */
  readonly drainingOf: (instance: string) => Draining | null;
  readonly underWay: ReadonlyMap<string, "starting" | "ending">;
};

/** `notBeforeMs`: a workflow whose instances failed lately starts none before this moment. */
export type Now = { readonly ms: number; readonly notBeforeMs: number };

/** `desired` null: the workflow is deleted, and everything stops at once. */
export function nextSteps(desired: Desired | null, observed: Observed, now: Now): readonly Step[] {
  if (desired === null) return clearAway(observed);
  switch (desired.handover) {
    case "stop":
      return replace(desired, observed, now);
    case "drain":
      return handOver(desired, observed, now);
  }
}

function clearAway(observed: Observed): Step[] {
  const { ended, running } = atRest(observed);
  return [...collect(ended), ...stop(running)];
}

/** One step at a time. */
function replace(desired: Desired, observed: Observed, now: Now): Step[] {
  if (observed.underWay.size > 0) return [];
  const { ended, running } = atRest(observed);
  if (ended.length > 0) return collect(ended);
  const names = namesOf(desired);
  const unwanted = running.filter((one) => one.deployment !== desired.deployment || !names.includes(one.instance));
  if (unwanted.length > 0) return stop(unwanted);
  const present = new Set(running.map((one) => one.instance));
  return start(
    names.filter((name) => !present.has(name)),
    now,
  );
}

/** Independent steps together: a run that waits must not wait for the end of something else. */
function handOver(desired: Desired, observed: Observed, now: Now): Step[] {
  const { ended, running } = atRest(observed);
  const isWanted = (one: Instance): boolean => desired.instances > 0 && one.deployment === desired.deployment;
  const leaving = running.filter((one) => !isWanted(one) || observed.drainingOf(one.instance) !== null);
  const { instancesMax } = desired;
  const places = instancesMax + leaving.filter((one) => one.deployment === desired.deployment).length;
  const names = namesOf({ ...desired, instancesMax: 2 * instancesMax });
  const starting = names.filter((name) => observed.underWay.get(name) === "starting").length;
  const taken = new Set([...observed.instances.map((one) => one.instance), ...observed.underWay.keys()]);
  const free = names.slice(0, places).filter((name) => !taken.has(name));
  // Where one of them failed, that is recorded first: it says how soon another may start.
  const failed = observed.instances.some((one) => one.deployment === desired.deployment && hasFailed(one));
  const missing = failed ? 0 : Math.max(0, desired.instances - (running.length - leaving.length) - starting);
  return [...collect(ended), ...drain(leaving, observed, now), ...start(free.slice(0, missing), now)];
}

function drain(leaving: readonly Instance[], { drainingOf }: Observed, now: Now): Step[] {
  const overdue: Instance[] = [];
  const untold: string[] = [];
  let lookAgainMs = Infinity;
  for (const one of leaving) {
    const { told, confirmed } = drainingOf(one.instance) ?? { told: null, confirmed: false };
    const tellAtMs = told === null ? now.ms : confirmed ? Infinity : told.atMs + tellAgainMs;
    if (told !== null && told.untilMs <= now.ms) overdue.push(one);
    else if (tellAtMs <= now.ms) untold.push(one.instance);
    else lookAgainMs = Math.min(lookAgainMs, tellAtMs, told?.untilMs ?? Infinity);
  }
  if (untold.length > 0) lookAgainMs = Math.min(lookAgainMs, now.ms + tellAgainMs);
  return [
    ...stop(overdue),
    ...(untold.length > 0 ? [{ kind: "drain", instances: untold } as const] : []),
    ...(lookAgainMs < Infinity ? [{ kind: "wait", untilMs: lookAgainMs } as const] : []),
  ];
}

function start(missing: readonly string[], now: Now): Step[] {
  if (missing.length === 0) return [];
  return now.ms < now.notBeforeMs
    ? [{ kind: "wait", untilMs: now.notBeforeMs }]
    : [{ kind: "start", instances: missing }];
}

function hasFailed({ state }: Instance): boolean {
  return state.kind === "exited" && (state.exitCode !== 0 || state.outOfMemory);
}

function stop(running: readonly Instance[]): Step[] {
  return running.length > 0 ? [{ kind: "stop", instances: running.map((one) => one.instance) }] : [];
}

function collect(ended: readonly Instance[]): Step[] {
  return ended.length > 0 ? [{ kind: "collect", instances: ended }] : [];
}

/** Those that nothing is being done to, by what they are. */
function atRest({ instances, underWay }: Observed): { ended: Instance[]; running: Instance[] } {
  const free = instances.filter((one) => !underWay.has(one.instance));
  return {
    ended: free.filter((one) => one.state.kind !== "running"),
    running: free.filter((one) => one.state.kind === "running"),
  };
}
