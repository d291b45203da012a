// Makes what runs what should run. Observes everything by label, decides per workflow, acts; then looks again.
//
//   L1. At most one deed per instance is under way at a time; workflows do not wait for each other.
//   L2. Nothing is remembered that a restart would lose and need: desired state is in the bucket, work in the queue, real state in
//       the runtime.
//   L3. A step that fails is not retried in place. The next pass sees what is there and decides anew.
//   L4. Work starts its first agent at once, from what the last pass saw: no pass, and no poll, is in the way of a run.
//   L5. While it is not known who leads, nothing is done: what runs runs on, and what is missing waits.
//   L6. A queue with work whose consumer is gone gets it again, as soon as none of its agents is at work.
import type { Logger } from "pino";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { RunQueue } from "../runs/queue.ts";
import type { Instance, Inventory, Runtime } from "../runtime/runtime.ts";
import { createAgenda } from "./agenda.ts";
import type { Decision, Decisions } from "./decision.ts";
import type { Deeds } from "./deeds.ts";
import type { Drains } from "./drains.ts";
import { type Picture, emptyPicture, pictureOf } from "./picture.ts";
import type { Step } from "./next-step.ts";
import { runMsMax } from "./queue-rules.ts";
import { type Deed, createUnderWay } from "./under-way.ts";
import { createWaker } from "./waker.ts";

/** A pass happens at least this often, whatever was missed. */
const passEveryMs = 5_000;
const engineAwayWaitMs = 1_000;
/** What failed for a reason that is not the workflow's own (no engine, no NATS) is tried again after this. */
const failedWaitMs = 500;
/** Times that come one after the other share a pass; whatever happens by itself does not wait for this. */
const timedPassGapMs = 250;
/** The queue tells of new work by itself; that work has ended is found out by asking. */
const refreshEveryMs = 1_000;
/** What somebody else queued, or a server that was killed has brought back, is found out by asking, too. */
const idleRefreshEveryMs = 10_000;

const undecided: Decision = { steps: [], release: false, lookAgainMs: Infinity, active: false };

export type Reconciler = {
  /** Ends when the signal fires; deeds under way are finished first. */
  run(signal: AbortSignal): Promise<void>;
  /** Something changed in the runtime: look soon. */
  wake(): void;
  /** Something changed in what is wanted, of one workflow or, when none is named, of any: look soon. */
  rethink(workflow?: string): void;
  /** Something changed for this workflow that the runtime knows nothing of: decide at once. */
  reconsider(workflow: string): void;
  /** What the last pass saw. */
  readonly picture: Picture;
  /** Why the runtime could not be asked at the last pass, or null. */
  readonly runtimeError: string | null;
};

export type ReconcilerParts = {
  readonly runtime: Runtime;
  readonly workflows: { list(): LiveWorkflow[]; get(name: string): LiveWorkflow | null };
  readonly queue: Pick<RunQueue, "onWork" | "refresh">;
  readonly decisions: Decisions;
  readonly deeds: Deeds;
  readonly drains: Drains;
  readonly leading: () => boolean | null;
  /** Hears what every pass saw. */
  readonly onPass: (inventory: Inventory) => void;
  readonly nowMs: () => number;
  readonly log: Logger;
};

export function createReconciler(parts: ReconcilerParts): Reconciler {
  const { runtime, workflows, queue, decisions, deeds, drains, leading, log, nowMs } = parts;
  const underWay = createUnderWay();
  const waker = createWaker(nowMs);
  const agenda = createAgenda({ workflows, nowMs });
  let picture = emptyPicture;
  let runtimeError: string | null = null;
  let refreshedAtMs = -Infinity;
  let life: AbortSignal | null = null;
  queue.onWork((workflow) => {
    agenda.changed(workflow);
    reconsider(workflow);
  });

  return {
    wake,
    rethink,
    reconsider,
    get picture() {
      return picture;
    },
    get runtimeError() {
      return runtimeError;
    },
    async run(signal) {
      life = signal;
      signal.addEventListener("abort", wake);
      void followRuntime(signal);
      while (!signal.aborted) await waker.sleep(await pass());
      signal.removeEventListener("abort", wake);
      await underWay.ended();
    },
  };

  function wake(): void {
    waker.wake();
  }

  function rethink(workflow?: string): void {
    if (workflow === undefined) {
      agenda.anyChanged();
      wake();
    } else {
      agenda.changed(workflow);
      reconsider(workflow);
    }
  }

  function reconsider(workflow: string): void {
    if (!isAlive()) return;
    if (picture === emptyPicture || leading() === null) return wake();
    waker.wakeAt(consider(workflow).lookAgainMs);
  }

  /** One look at everything; returns how long nothing needs to happen. */
  async function pass(): Promise<number> {
    const settle = underWay.picture();
    try {
      picture = pictureOf(await runtime.list());
      runtimeError = null;
      for (const name of settle()) agenda.touched(name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (runtimeError === null) log.error({ reason }, "the runtime does not answer; trying again");
      runtimeError = reason;
      return engineAwayWaitMs;
    }
    if (!isAlive() || leading() === null) return passEveryMs;
    parts.onPass(picture.inventory);
    for (const name of agenda.next(picture.workflows)) consider(name);
    refresh();
    return Math.min(passEveryMs, Math.max(timedPassGapMs, agenda.untilMs() - nowMs()));
  }

  /** What is wrong with one workflow is no reason to leave the others alone. */
  function consider(name: string): Decision {
    try {
      return decideAndBegin(name);
    } catch (error) {
      log.error({ workflow: name, error: String(error) }, "could not decide what a workflow needs");
      return undecided;
    }
  }

  function decideAndBegin(name: string): Decision {
    const leads = leading();
    if (leads === null) return undecided;
    const entry = workflows.get(name);
    const decision = decisions.of(name, entry, {
      leads,
      instances: picture.instancesOf(name),
      holder: picture.holders.has(name),
      underWay: underWay.of(name),
      remains: deeds.isPrepared(name) || agenda.isDeleted(name),
    });
    agenda.decided(name, decision);
    for (const step of decision.steps) begin(name, step, entry);
    if (decision.release) attempt(name, name, "releasing", () => release(name, entry));
    return decision;
  }

  function begin(name: string, step: Step, entry: LiveWorkflow | null): void {
    switch (step.kind) {
      case "start":
        if (entry) for (const one of step.instances) attempt(name, one, "starting", () => deeds.start(entry, one));
        return;
      case "stop":
        for (const one of found(name, step.instances)) attempt(name, one.instance, "ending", () => deeds.stop(one));
        return;
      case "kill":
        for (const one of step.instances) attempt(name, one.instance, "ending", () => deeds.kill(one, entry));
        return;
      case "drain":
        drains.tell(name, step.instances, entry ? runMsMax(entry) : 0);
        return;
      case "collect":
        for (const one of step.instances) attempt(name, one.instance, "ending", () => deeds.collect(one, entry));
        return;
      case "wait":
    }
  }

  async function release(name: string, entry: LiveWorkflow | null): Promise<void> {
    await deeds.release(name, entry);
    agenda.released(name);
  }

  function attempt(workflow: string, name: string, deed: Deed, work: () => Promise<void>): void {
    let lookAgainMs = -Infinity;
    const task = underWay.begin(workflow, name, deed, () =>
      work().catch((error: unknown) => {
        log.error({ workflow, name, deed, error: String(error) }, "a lifecycle step failed; looking again");
        lookAgainMs = nowMs() + failedWaitMs;
      }),
    );
    void task.then(() => waker.wakeAt(lookAgainMs));
  }

  function found(workflow: string, instances: readonly string[]): readonly Instance[] {
    return picture.instancesOf(workflow).filter((one) => instances.includes(one.instance));
  }

  /** What the answer changes is decided when it is there; a pass does not wait for it. */
  function refresh(): void {
    const everyMs = agenda.active.size > 0 ? refreshEveryMs : idleRefreshEveryMs;
    if (leading() !== true || nowMs() - refreshedAtMs < everyMs) return;
    refreshedAtMs = nowMs();
    queue
      .refresh()
      .then(refreshed)
      .catch((error: unknown) =>
        log.warn({ error: String(error) }, "the queue could not be asked how much work is left"),
      );
  }

  function refreshed(unserved: readonly string[]): void {
    for (const name of unserved) restore(name);
    for (const name of agenda.active) reconsider(name);
  }

  function restore(name: string): void {
    const entry = workflows.get(name);
    if (!isAlive() || leading() !== true || entry === null || underWay.of(name).size > 0) return;
    if (!decisions.wantsConsumer(entry, picture.instancesOf(name))) return;
    attempt(name, name, "restoring", () => deeds.restoreQueue(entry));
  }

  function isAlive(): boolean {
    return life !== null && !life.aborted;
  }

  async function followRuntime(signal: AbortSignal): Promise<void> {
    for await (const _ of runtime.events(signal)) wake();
  }
}
