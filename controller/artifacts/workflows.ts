// Workflows: saved, read, suspended, resumed, restarted and deleted.
//
//   W1. A changed workflow gets a new deployment: its new revision with the newest revision of its breed. One write stores both.
//   W2. A workflow saved as it already is changes nothing, whatever became of its breed; `restart` takes up a newer breed.
//   W3. Suspending and resuming is no edit: the revision stays.
//   W4. The schedule holds from the save that brought it (`scheduled`). An edit of anything else, of the rules around its slots
//       too, keeps its rhythm and the events that wait for it. What an edit adds to a time schedule that was over holds from
//       that save on: no slot before it is due, and `repeat` still counts from the first slot of the rhythm.
import { createHash } from "node:crypto";
import type { Breed } from "../../model/breed.ts";
import type { DesiredStatus, Workflow } from "../../model/workflow.ts";
import type { LockedPackages } from "../packages/lock.ts";
import { type Archive, changeOf } from "./archive.ts";
import type { Breeds } from "./breeds.ts";
import type { Bucket } from "./bucket.ts";
import { checkOf, type Condition } from "./condition.ts";
import {
  type Created,
  type Deployment,
  type LiveWorkflow,
  type Scheduled,
  type WorkflowEntry,
  entrySchema,
} from "./entry.ts";
import { isExtended, rhythmOf } from "./rhythm.ts";
import { type SaveOptions, type SaveResult, type Step, resultOf, workflowStep } from "./step.ts";

export type Workflows = {
  get(name: string): LiveWorkflow | null;
  list(): LiveWorkflow[];
  /** As `get`, and knows what another controller saved a moment ago. */
  refresh(name: string): Promise<LiveWorkflow | null>;
  /** As `get`, a deleted one too. */
  standing(name: string): WorkflowEntry | null;
  /** What is kept of it, oldest first. A revision has several entries when its status changed or it was restarted. */
  history(name: string): AsyncIterable<WorkflowEntry>;
  /**
   * The workflow must be valid and its breed known. `status` null keeps the present one (`running` for a new workflow). This and
   * what follows rejects with ConditionFailed.
   */
  save(workflow: Workflow, status: DesiredStatus | null, by: string, options?: SaveOptions): Promise<SaveResult>;
  /** Null when there is no such workflow. */
  setStatus(
    name: string,
    status: DesiredStatus,
    by: string,
    condition?: Condition | null,
  ): Promise<LiveWorkflow | null>;
  restart(name: string, by: string, condition?: Condition | null): Promise<LiveWorkflow | null>;
  remove(name: string, by: string, condition?: Condition | null): Promise<SaveResult | null>;
};

type Before = { readonly breed?: Breed; readonly packages?: LockedPackages | undefined };

export type WorkflowSignals = {
  statusChanged(entry: LiveWorkflow, by: string): Promise<void>;
  /** A new deployment is to take the place of the one before, if there was one. */
  deployed(entry: LiveWorkflow, by: string): Promise<void>;
};

export function createWorkflows(
  bucket: Bucket<WorkflowEntry>,
  parts: {
    breeds: Breeds;
    archive: Archive;
    signals: WorkflowSignals;
    now: () => Date;
    /** The last sequence of the event stream. */
    streamEnd: () => Promise<number>;
  },
): Workflows {
  const { breeds, archive, signals, now, streamEnd } = parts;
  return {
    get(name) {
      const entry = bucket.get(name);
      return entry && isLive(entry) ? entry : null;
    },
    list: () => bucket.all().filter(isLive),
    async refresh(name) {
      const entry = await bucket.refresh(name);
      return entry && isLive(entry) ? entry : null;
    },
    standing: (name) => bucket.get(name),
    history: (name) => bucket.history(name),
    async save(workflow, status, by, { condition, restores, statusIfNew = "running", guard, packages } = {}) {
      const check = checkOf(condition, "workflow", workflow.name);
      let before: WorkflowEntry | null = null;
      let step: Step = "nothing";
      let end: number | null = null;
      for (;;) {
        let endNeeded = false;
        const successor = (current: WorkflowEntry | null): WorkflowEntry | null => {
          guard?.(workflow, current?.artifact ?? null);
          before = current;
          step = workflowStep(current, workflow, status, hasNewPackages(workflow, current, packages));
          if (step === "nothing") return null;
          const wanted = status ?? (current?.artifact ? current.status : statusIfNew);
          if (step === "status" && current) return { ...current, status: wanted };
          const scheduled = scheduledFor(workflow, current, end);
          const created = createdFor(current, end);
          endNeeded = scheduled === "unknown" || created === "unknown";
          if (scheduled === "unknown" || created === "unknown") return null;
          const revision = (current?.revision ?? 0) + 1;
          const head = { ...saved(revision, by), ...(restores !== undefined && { restores }) };
          const deployment = deploy(workflow, revision, 0, { packages });
          return { ...head, artifact: workflow, status: wanted, deployment, ...created, ...scheduled };
        };
        const stored = await bucket.update(workflow.name, successor, check);
        if (!endNeeded) {
          await announce(workflow.name, before, stored, by);
          return resultOf(step, "workflow", (before as WorkflowEntry | null)?.revision ?? 0);
        }
        end = await streamEnd();
      }
    },
    async setStatus(name, status, by, condition) {
      let before: WorkflowEntry | null = null;
      const stored = await bucket.update(
        name,
        (current) => {
          before = current;
          return current?.artifact && current.status !== status ? { ...current, status } : null;
        },
        checkOf(condition, "workflow", name),
      );
      if (!stored || !isLive(stored)) return null;
      if (stored !== before) await signals.statusChanged(stored, by);
      return stored;
    },
    async restart(name, by, condition) {
      const again = (current: WorkflowEntry | null): WorkflowEntry | null => {
        if (!current || !isLive(current)) return null;
        const { artifact, revision, deployment } = current;
        return {
          ...current,
          status: "running",
          deployment: deploy(artifact, revision, deployment.restarts + 1, deployment),
        };
      };
      const stored = await bucket.update(name, again, checkOf(condition, "workflow", name));
      if (!stored || !isLive(stored)) return null;
      await signals.deployed(stored, by);
      await signals.statusChanged(stored, by);
      return stored;
    },
    async remove(name, by, condition) {
      let before: WorkflowEntry | null = null;
      const stored = await bucket.update(
        name,
        (current) => {
          before = current;
          return current?.artifact
            ? { ...saved(current.revision + 1, by), artifact: null, status: "suspended", deployment: null }
            : null;
        },
        checkOf(condition, "workflow", name),
      );
      if (!stored || stored === before) return null;
      await announce(name, before, stored, by);
      return { action: "deleted", revision: stored.revision, redeployed: false };
    },
  };

  /**
   * Since when a schedule holds. `end`, the last sequence of the event stream, must have been asked for before the write, so that
   * an event that is stored after the answer comes after it; it is "unknown" without one that is needed.
   */
  function scheduledFor(
    workflow: Workflow,
    current: WorkflowEntry | null,
    end: number | null,
  ): { readonly scheduled?: Scheduled } | "unknown" {
    const rhythm = rhythmOf(workflow.schedule);
    if (rhythm === null) return {};
    const before = current?.artifact?.schedule;
    const kept = before !== undefined && rhythmOf(before) === rhythm ? current?.scheduled : undefined;
    if (before !== undefined && kept) {
      const atMs = { scheduledAtMs: Date.parse(kept.at), nowMs: now().getTime() };
      const isMore = isExtended(before, workflow.schedule, atMs);
      return { scheduled: isMore ? { ...kept, extendedAt: now().toISOString() } : kept };
    }
    return end === null ? "unknown" : { scheduled: { at: now().toISOString(), afterSequence: end } };
  }

  /** `end` as above. */
  function createdFor(current: WorkflowEntry | null, end: number | null): { readonly created?: Created } | "unknown" {
    if (current?.artifact) return current.created ? { created: current.created } : {};
    return end === null ? "unknown" : { created: { at: now().toISOString(), afterSequence: end } };
  }

  /** Records what a write did. */
  async function announce(
    name: string,
    before: WorkflowEntry | null,
    stored: WorkflowEntry | null,
    by: string,
  ): Promise<void> {
    if (!stored || stored === before) return;
    if (before?.revision === stored.revision) {
      if (isLive(stored)) await signals.statusChanged(stored, by);
      return;
    }
    await archive.record(changeOf("workflow", name, before, stored));
    if (isLive(stored)) await signals.deployed(stored, by);
  }

  function saved(revision: number, by: string) {
    return { schema: entrySchema, revision, savedAt: now().toISOString(), savedBy: by } as const;
  }

  /** `before` serves a restart: of a workflow whose breed has been deleted since, or that has one of its own. */
  function deploy(workflow: Workflow, workflowRevision: number, restarts: number, before: Before): Deployment {
    const { breed, revision: breedRevision, packages } = resolve(workflow, before);
    const id = createHash("sha256")
      .update(JSON.stringify([workflow.name, workflowRevision, breed.name, breedRevision, restarts]))
      .digest("hex")
      .slice(0, 12);
    const deployedAt = now().toISOString();
    return { id, workflowRevision, breedRevision, restarts, breed, ...(packages && { packages }), deployedAt };
  }

  function resolve(
    workflow: Workflow,
    { breed, packages }: Before,
  ): Before & { breed: Breed; revision: number | null } {
    if (!("reference" in workflow.breed)) return { breed: workflow.breed, revision: null, packages };
    const entry = breeds.get(workflow.breed.reference);
    if (entry) return { breed: entry.artifact, revision: entry.revision, packages: entry.packages };
    if (breed) return { breed, revision: null, packages };
    throw new Error(`breed ${workflow.breed.reference} was deleted while workflow ${workflow.name} was being saved`);
  }
}

/** A referenced breed brings its packages from its own revision. */
function hasNewPackages({ breed }: Workflow, current: WorkflowEntry | null, packages?: LockedPackages): boolean {
  return !("reference" in breed) && packages?.id !== current?.deployment?.packages?.id;
}

function isLive(entry: WorkflowEntry): entry is LiveWorkflow {
  return entry.artifact !== null && entry.deployment !== null;
}
