// A workflow: when to run a breed, and with how much. Field names are those of the API (Vamp's).
import type { Breed } from "./breed.ts";
import type { Schedule } from "./schedule.ts";

/** `cpu` in cores, `memory` in bytes as a size string (`128MB`), `instances` a count of containers. */
export type Scale = { readonly cpu: number; readonly memory: string; readonly instances: number };

export type Workflow = {
  readonly kind: "workflow";
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly breed: { readonly reference: string } | Breed;
  readonly schedule: Schedule;
  readonly environment_variables: Readonly<Record<string, string>>;
  readonly scale: Scale;
  readonly network: string;
  readonly arguments: readonly Readonly<Record<string, string>>[];
};

/** What a person asked for. `restarting` is a request, not a state to stay in. */
export type DesiredStatus = "running" | "suspended";

/** What a workflow reports of itself (Vamp's words). */
export type WorkflowStatus = "starting" | "running" | "stopping" | "suspending" | "suspended" | "restarting";
