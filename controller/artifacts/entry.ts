// What is stored in a bucket for one artifact: the artifact, its revision, and who saved it when. A deletion is an entry too,
// so that revision numbers never start again and the one who deleted is known.
import type { Breed } from "../../model/breed.ts";
import type { DesiredStatus, Workflow } from "../../model/workflow.ts";
import type { LockedPackages } from "../packages/lock.ts";

/** Version of the shapes below; a reader refuses what it does not know. */
export const entrySchema = 1;

export type Saved = {
  readonly schema: typeof entrySchema;
  /** 1 for the first save of this name, then counted up by every change, deletions included. */
  readonly revision: number;
  readonly savedAt: string;
  readonly savedBy: string;
  /** The earlier revision whose content a rollback brought back with this one. */
  readonly restores?: number;
};

/** `packages`: what its ranges of npm packages came to when it was saved; there when it names any. */
export type BreedEntry = Saved & { readonly artifact: Breed | null; readonly packages?: LockedPackages };

/**
 * What runs for a workflow: its revision and the breed as it was when the workflow was saved. Saving the breed alone does not
 * touch this; that is Vamp's rule.
 */
export type Deployment = {
  /** Hash of all that follows; two deployments with one id are the same. */
  readonly id: string;
  readonly workflowRevision: number;
  /** Null when the breed is written inside the workflow. */
  readonly breedRevision: number | null;
  /** How often the workflow was restarted without an edit. */
  readonly restarts: number;
  readonly breed: Breed;
  /** Those of the breed's revision. */
  readonly packages?: LockedPackages;
  readonly deployedAt: string;
};

/**
 * When a workflow was saved under a name that had none. What was queued for one that had the name before is not its own, nor is what
 * was addressed to the name by an event at or before `afterSequence` of the event stream.
 */
export type Created = { readonly at: string; readonly afterSequence: number };

export type WorkflowEntry = Saved & {
  readonly artifact: Workflow | null;
  readonly status: DesiredStatus;
  readonly deployment: Deployment | null;
  /** Kept by edits. Absent in entries of workflows that were created before this was kept. */
  readonly created?: Created;
  /** Absent in entries that were stored before there were triggers. */
  readonly scheduled?: Scheduled;
};

/**
 * Since when the present schedule holds; an edit of anything else keeps it. The schedule has no slots at or before `at`, and is
 * set off by no event at or before `afterSequence` of the event stream.
 */
export type Scheduled = {
  readonly at: string;
  readonly afterSequence: number;
  /** When a time schedule that was over was given more slots: those up to here are counted, and none of them is due. */
  readonly extendedAt?: string;
};

/** An entry whose artifact has not been deleted. */
export type LiveBreed = BreedEntry & { readonly artifact: Breed };
export type LiveWorkflow = WorkflowEntry & { readonly artifact: Workflow; readonly deployment: Deployment };
