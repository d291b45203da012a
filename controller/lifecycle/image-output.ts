// The output of users' own images, from the engine's log into the LOGS stream. Scripts need none of this: their agent does it.
//
//   O1. A line's message id comes from the instance and the engine's own timestamp, so a controller that starts to follow again
//       from a little earlier stores nothing twice.
import type { Logger } from "pino";
import type { LogBatch } from "../../bus/assignment.ts";
import type { Publisher } from "../../bus/publisher.ts";
import { logSubject } from "../../bus/subjects.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Inventory, Runtime } from "../runtime/runtime.ts";

/** How far back a following begins; inside the stream's duplicate window. */
const lookBackMs = 60_000;

export type ImageOutput = { check(inventory: Inventory): void; stop(): void };

export function createImageOutput(parts: {
  runtime: Runtime;
  publisher: Publisher;
  workflows: { get(name: string): LiveWorkflow | null };
  nowMs: () => number;
  log: Logger;
}): ImageOutput {
  const { runtime, publisher, workflows, nowMs, log } = parts;
  const following = new Map<string, AbortController>();

  return {
    check(inventory) {
      const present = new Set<string>();
      for (const { instance, workflow, state } of inventory.instances) {
        if (state.kind !== "running" || !isImage(workflow)) continue;
        const key = `${instance} ${state.startedAt}`;
        present.add(key);
        if (following.has(key)) continue;
        const abort = new AbortController();
        following.set(key, abort);
        const since = new Date(Math.max(Date.parse(state.startedAt), nowMs() - lookBackMs)).toISOString();
        void follow(workflow, instance, since, abort.signal).catch((error: unknown) =>
          log.warn({ instance, error: String(error) }, "the output of an image is not followed any more"),
        );
      }
      for (const [key, abort] of following) {
        if (present.has(key)) continue;
        abort.abort();
        following.delete(key);
      }
    },
    stop() {
      for (const abort of following.values()) abort.abort();
      following.clear();
    },
  };

  function isImage(workflow: string): boolean {
    return workflows.get(workflow)?.deployment.breed.deployable.type === "container/docker";
  }

  async function follow(workflow: string, instance: string, since: string, signal: AbortSignal): Promise<void> {
    for await (const chunk of runtime.output(instance, since, signal)) {
      const batch: LogBatch = {
        workflow,
        instance,
        run: instance,
        lines: [{ ...chunk, text: chunk.text.replace(/\r?\n$/, "") }],
      };
      await publisher.publish(
        logSubject(workflow, instance),
        JSON.stringify(batch),
        `${instance}/${chunk.stream}/${chunk.at}`,
      );
    }
  }
}
