// What to do next for one workflow: a pure decision over what is wanted and what is there. The reconciler asks again after
// every step, so a step is small and never a plan.
//
//   D1. The old deployment is gone before the new one starts: two versions of a daemon never run side by side.
//   D2. At most `instances` containers exist per deployment (I4); their names are fixed, so a repeated start cannot add one.
//   D3. What ended is collected (its end recorded, its remains removed) before anything takes its place.
import type { Instance } from "../runtime/runtime.ts";

/** What should run; null when nothing should (suspended, deleted, or no trigger that would run it). */
export type Desired = { readonly workflow: string; readonly deployment: string; readonly instances: number } | null;

export type Step =
  | { readonly kind: "nothing" }
  | { readonly kind: "start"; readonly instances: readonly string[] }
  | { readonly kind: "stop"; readonly instances: readonly string[] }
  /** Record the end of these and remove what is left of them. */
  | { readonly kind: "collect"; readonly instances: readonly Instance[] }
  /** Nothing of the workflow should exist, and only its network holder does. */
  | { readonly kind: "release" }
  | { readonly kind: "wait"; readonly untilMs: number };

/** `notBeforeMs`: a workflow whose instances failed lately starts none before this moment. */
export function nextStep(
  desired: Desired,
  observed: { instances: readonly Instance[]; holder: boolean },
  now: { ms: number; notBeforeMs: number },
): Step {
  const ended = observed.instances.filter((one) => one.state.kind !== "running");
  if (ended.length > 0) return { kind: "collect", instances: ended };

  const unwanted = observed.instances.filter((one) => !isWanted(desired, one));
  if (unwanted.length > 0) return { kind: "stop", instances: unwanted.map((one) => one.instance) };
  if (desired === null || desired.instances === 0) return observed.holder ? { kind: "release" } : { kind: "nothing" };

  const present = new Set(observed.instances.map((one) => one.instance));
  const missing = wantedNames(desired).filter((name) => !present.has(name));
  if (missing.length === 0) return { kind: "nothing" };
  if (now.ms < now.notBeforeMs) return { kind: "wait", untilMs: now.notBeforeMs };
  return { kind: "start", instances: missing };
}

/** The names of a deployment's instances: `hello-3fa9c1-0`, `hello-3fa9c1-1`, … */
export function wantedNames(desired: NonNullable<Desired>): string[] {
  return Array.from(
    { length: desired.instances },
    (_, n) => `${desired.workflow}-${desired.deployment.slice(0, 6)}-${n}`,
  );
}

function isWanted(desired: Desired, instance: Instance): boolean {
  return (
    desired !== null && instance.deployment === desired.deployment && wantedNames(desired).includes(instance.instance)
  );
}
