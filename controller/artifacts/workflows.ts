// Workflows: saved, read, suspended, resumed, restarted and deleted.
//
//   W1. A changed workflow gets a new deployment: its new revision with the newest revision of its breed. One write stores both.
//   W2. A workflow saved as it already is changes nothing, whatever became of its breed; `restart` takes up a newer breed.
//   W3. Suspending and resuming is no edit: the revision stays.
//   W4. The schedule holds from the save that brought it (`scheduled`). An edit of anything else, of the rules around its slots
//       too, keeps its rhythm and the events that wait for it. What an edit adds to a time schedule that was over holds from
//       that save on: no slot before it is due, and `repeat` still counts from the first slot of the rhythm.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Breed } from "../../model/breed.ts";
import type { DesiredStatus, Workflow } from "../../model/workflow.ts";
import { type Archive, changeOf } from "./archive.ts";
import type { SaveResult, Breeds } from "./breeds.ts";
import type { Bucket } from "./bucket.ts";
import {
  type Created,
  type Deployment,
  type LiveWorkflow,
  type Scheduled,
  type WorkflowEntry,
  entrySchema,
} from "./entry.ts";
import { isExtended, rhythmOf } from "./rhythm.ts";

export type Workflows = {
  get(name: string): LiveWorkflow | null;
  list(): LiveWorkflow[];
  /** As `get`, and knows what another controller saved a moment ago. */
  refresh(name: string): Promise<LiveWorkflow | null>;
  /** The workflow must be valid and its breed known. `status` null keeps the present one (`running` for a new workflow). */
  save(workflow: Workflow, status: DesiredStatus | null, by: string): Promise<SaveResult>;
  /** Null when there is no such workflow. */
  setStatus(name: string, status: DesiredStatus, by: string): Promise<LiveWorkflow | null>;
  restart(name: string, by: string): Promise<LiveWorkflow | null>;
  remove(name: string, by: string): Promise<SaveResult | null>;
};

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
    async save(workflow, status, by) {
      let before: WorkflowEntry | null = null;
      let end: number | null = null;
      for (;;) {
        let endNeeded = false;
        const stored = await bucket.update(workflow.name, (current) => {
          before = current;
          const wanted = status ?? (current?.artifact ? current.status : "running");
          if (current && isDeepStrictEqual(current.artifact, workflow))
            return current.status === wanted ? null : { ...current, status: wanted };
          const scheduled = scheduledFor(workflow, current, end);
          const created = createdFor(current, end);
          endNeeded = scheduled === "unknown" || created === "unknown";
          if (scheduled === "unknown" || created === "unknown") return null;
          const revision = (current?.revision ?? 0) + 1;
          const deployment = deploy(workflow, revision, 0);
          return { ...saved(revision, by), artifact: workflow, status: wanted, deployment, ...created, ...scheduled };
        });
        if (!endNeeded) return finish(workflow.name, before, stored, by);
        end = await streamEnd();
      }
    },
    async setStatus(name, status, by) {
      let before: WorkflowEntry | null = null;
      const stored = await bucket.update(name, (current) => {
        before = current;
        return current?.artifact && current.status !== status ? { ...current, status } : null;
      });
      if (!stored || !isLive(stored)) return null;
      if (stored !== before) await signals.statusChanged(stored, by);
      return stored;
    },
    async restart(name, by) {
      const stored = await bucket.update(name, (current) => {
        if (!current || !isLive(current)) return null;
        const deployment = deploy(
          current.artifact,
          current.revision,
          current.deployment.restarts + 1,
          current.deployment.breed,
        );
        return { ...current, status: "running", deployment };
      });
      if (!stored || !isLive(stored)) return null;
      await signals.deployed(stored, by);
      await signals.statusChanged(stored, by);
      return stored;
    },
    async remove(name, by) {
      let before: WorkflowEntry | null = null;
      const stored = await bucket.update(name, (current) => {
        before = current;
        return current?.artifact
          ? { ...saved(current.revision + 1, by), artifact: null, status: "suspended", deployment: null }
          : null;
      });
      return stored && stored !== before ? finish(name, before, stored, by) : null;
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

  /** Records what a write did, and says it in the caller's words. */
  async function finish(
    name: string,
    before: WorkflowEntry | null,
    stored: WorkflowEntry | null,
    by: string,
  ): Promise<SaveResult> {
    if (!stored || stored === before)
      return { action: "unchanged", revision: stored?.revision ?? 0, redeployed: false };
    if (before?.revision === stored.revision) {
      if (isLive(stored)) await signals.statusChanged(stored, by);
      return { action: "updated", revision: stored.revision, redeployed: false };
    }
    const change = changeOf("workflow", name, before, stored);
    await archive.record(change);
    if (isLive(stored)) await signals.deployed(stored, by);
    const action = ({ create: "created", update: "updated", delete: "deleted" } as const)[change.action];
    return { action, revision: stored.revision, redeployed: action === "updated" };
  }

  function saved(revision: number, by: string) {
    return { schema: entrySchema, revision, savedAt: now().toISOString(), savedBy: by } as const;
  }

  /** `fallback` serves a restart of a workflow whose breed has been deleted since. */
  function deploy(workflow: Workflow, workflowRevision: number, restarts: number, fallback?: Breed): Deployment {
    const { breed, revision: breedRevision } = resolve(workflow, fallback);
    const id = createHash("sha256")
      .update(JSON.stringify([workflow.name, workflowRevision, breed.name, breedRevision, restarts]))
      .digest("hex")
      .slice(0, 12);
    return { id, workflowRevision, breedRevision, restarts, breed, deployedAt: now().toISOString() };
  }

  function resolve(workflow: Workflow, fallback?: Breed): { breed: Breed; revision: number | null } {
    if (!("reference" in workflow.breed)) return { breed: workflow.breed, revision: null };
    const entry = breeds.get(workflow.breed.reference);
    if (entry) return { breed: entry.artifact, revision: entry.revision };
    if (fallback) return { breed: fallback, revision: null };
    throw new Error(`breed ${workflow.breed.reference} was deleted while workflow ${workflow.name} was being saved`);
  }
}

function isLive(entry: WorkflowEntry): entry is LiveWorkflow {
  return entry.artifact !== null && entry.deployment !== null;
}
