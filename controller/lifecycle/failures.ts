// How often the instances of a workflow ended by themselves or could not start, and when the next may start.
//
//   F1. The first replacement starts at once, so that one accident costs nothing; each further one waits 3 s longer, 60 s at most.
//   F2. An instance that lived for a minute clears the account; so does a new deployment.

const delayStepMs = 3_000;
const delayMaxMs = 60_000;
const healthyAfterMs = 60_000;

export type Failure = { readonly count: number; readonly notBeforeMs: number; readonly lastError: string | null };

const none: Failure = { count: 0, notBeforeMs: 0, lastError: null };

export type Failures = {
  of(workflow: string, deployment: string): Failure;
  /** One instance ended or could not start. `livedMs` is how long it had run. */
  add(workflow: string, deployment: string, failure: { reason: string; livedMs: number; nowMs: number }): Failure;
  forget(workflow: string): void;
};

/** `onAdd` hears of each. */
export function createFailures(onAdd: (workflow: string) => void = () => {}): Failures {
  const accounts = new Map<string, { readonly deployment: string; readonly failure: Failure }>();

  function of(workflow: string, deployment: string): Failure {
    const account = accounts.get(workflow);
    return account?.deployment === deployment ? account.failure : none;
  }

  return {
    of,
    add(workflow, deployment, { reason, livedMs, nowMs }) {
      const before = livedMs >= healthyAfterMs ? none : of(workflow, deployment);
      const delayMs = Math.min(before.count * delayStepMs, delayMaxMs);
      const failure = { count: before.count + 1, notBeforeMs: nowMs + delayMs, lastError: reason };
      accounts.set(workflow, { deployment, failure });
      onAdd(workflow);
      return failure;
    },
    forget: (workflow) => void accounts.delete(workflow),
  };
}
