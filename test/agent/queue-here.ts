// The queue side of an agent in this process; the test is its user code, and tells how each attempt ends.
import { expect } from "vitest";
import { systemClock } from "../../agent/clock.ts";
import type { Connection } from "../../agent/connection.ts";
import { type Queue, startQueue } from "../../agent/queue.ts";
import { createStatus } from "../../agent/status.ts";
import type { QueueWork } from "../../bus/assignment.ts";
import type { Outcome } from "../../model/run.ts";
import { type QueueBus, queueAssignment } from "./queue-bus.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
export const soon = { timeout: 30_000, interval: 10 };
export const completed: Outcome = { kind: "completed", exitCode: 0 };
export const failed: Outcome = { kind: "failed", exitCode: 1, error: { message: "Error: boom" } };

/** One attempt that user code is in. */
export type Execution = {
  readonly run: string;
  readonly attempt: number;
  readonly timeoutMs: number;
  end(outcome: Outcome): void;
};

export type QueueHere = {
  readonly here: QueueBus;
  readonly connection: Connection;
  readonly queue: Queue;
  readonly executions: readonly Execution[];
  stop(): Promise<void>;
} & AsyncDisposable;

/** `outcome`: how the nth attempt ends at once; null: the test ends it. An attempt that is stopped ends as stopped. */
export async function startHere(
  here: QueueBus,
  {
    outcome,
    instance = "hello-abc-0",
    ...work
  }: { outcome?: Outcome | ((n: number) => Outcome | null); instance?: string } & Partial<QueueWork> = {},
): Promise<QueueHere> {
  const connection = await here.bus.agentConnection();
  const assignment = queueAssignment("", { instance, ...work });
  const status = createStatus(assignment, () => Date.now());
  const stopping = new AbortController();
  const executions: Execution[] = [];
  const queue = startQueue(
    assignment,
    assignment.work,
    {
      connection,
      clock: systemClock,
      status,
      execute: ({ id, attempt }, { timeoutMs, signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ kind: "stopped", reason: String(signal.reason) }));
          executions.push({ run: id, attempt, timeoutMs, end: resolve });
          const now = typeof outcome === "function" ? outcome(executions.length) : outcome;
          if (now) resolve(now);
        }),
    },
    stopping.signal,
  );
  const stop = async (): Promise<void> => {
    stopping.abort("the test is over");
    await queue.ended;
    if (connection.online) await queue.settled();
    queue.close();
  };
  return { here, connection, queue, executions, stop, [Symbol.asyncDispose]: stop };
}

export async function isEmpty(here: QueueBus): Promise<void> {
  await expect.poll(() => here.queued(), soon).toBe(0);
}
