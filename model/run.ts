// A run: one execution of a workflow's code, and how it ended.

/** How a run ended. `exitCode` is the process's; `error` carries what was thrown or written last to stderr. */
export type Outcome =
  | { readonly kind: "completed"; readonly exitCode: number }
  | { readonly kind: "failed"; readonly exitCode: number | null; readonly signal?: string; readonly error: string }
  | { readonly kind: "timed-out"; readonly afterMs: number }
  | { readonly kind: "stopped"; readonly reason: string };

/** The value of an event of type `run`. */
export type RunReport = {
  readonly id: string;
  readonly workflow: string;
  readonly instance: string;
  readonly deployment: string;
  readonly state: "started" | Outcome["kind"];
  readonly outcome?: Outcome;
  readonly startedAt: string;
  readonly finishedAt?: string;
};
