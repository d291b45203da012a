// The containers of breed tests, apart from those of workflows: no workflow wants them, so the lifecycle must not see them.
//
//   J1. Whatever is there of a test that is not under way in this process is removed, however it came to stay: the look that the
//       lifecycle takes at the runtime shows it. So nothing is left of a test in which the controller was killed.
//   J2. A test learns from the same look that its container has ended, or was taken away.
import type { Logger } from "pino";
import { isTestOwner } from "../../bus/subjects.ts";
import type { InstanceSpec, Inventory, Runtime } from "../runtime/runtime.ts";

export type TestInstances = {
  /** The runtime as the lifecycle is to see it. */
  readonly others: Runtime;
  /** Starts an instance, whose name and workflow are the owner token of the test. Throws StartError. */
  start(spec: InstanceSpec): Promise<void>;
  /** Resolves with how an instance that was started has ended by itself, in one sentence; never when it does not. */
  ended(owner: string): Promise<string>;
  limit(owner: string, cpu: number): Promise<void>;
  /** Removes every trace; what cannot be removed now is removed later (J1). */
  remove(owner: string): Promise<void>;
};

type UnderWay = { isStarted: boolean; readonly ended: PromiseWithResolvers<string> };

export function keepTestsApart(runtime: Runtime, log: Logger): TestInstances {
  const underWay = new Map<string, UnderWay>();
  const removing = new Map<string, Promise<void>>();

  return {
    others: {
      ...runtime,
      async list() {
        const startedBefore = [...underWay].filter(([, { isStarted }]) => isStarted).map(([owner]) => owner);
        const inventory = await runtime.list();
        look(inventory, startedBefore);
        return {
          instances: inventory.instances.filter(({ workflow }) => !isTestOwner(workflow)),
          holders: inventory.holders.filter((workflow) => !isTestOwner(workflow)),
        };
      },
    },
    async start(spec) {
      const test: UnderWay = { isStarted: false, ended: Promise.withResolvers() };
      underWay.set(spec.workflow, test);
      await runtime.start(spec);
      test.isStarted = true;
    },
    ended: (owner) => underWay.get(owner)?.ended.promise ?? Promise.resolve("its container is gone"),
    limit: (owner, cpu) => runtime.limit(owner, cpu),
    async remove(owner) {
      underWay.delete(owner);
      await removeOnce(owner);
    },
  };

  function look({ instances, holders }: Inventory, startedBefore: readonly string[]): void {
    const present = instances.filter(({ workflow }) => isTestOwner(workflow));
    for (const { workflow, state } of present)
      if (state.kind === "exited") underWay.get(workflow)?.ended.resolve(`its container ended: ${state.reason}`);
    const owners = new Set(present.map(({ workflow }) => workflow));
    for (const owner of startedBefore)
      if (!owners.has(owner)) underWay.get(owner)?.ended.resolve("its container was removed");
    for (const owner of new Set([...owners, ...holders.filter(isTestOwner)]))
      if (!underWay.has(owner)) void removeOnce(owner);
  }

  function removeOnce(owner: string): Promise<void> {
    const present = removing.get(owner);
    if (present) return present;
    const removed = removeNow(owner).finally(() => removing.delete(owner));
    removing.set(owner, removed);
    return removed;
  }

  async function removeNow(owner: string): Promise<void> {
    try {
      await runtime.remove(owner);
      await runtime.release(owner);
    } catch (error) {
      log.warn({ owner, error: String(error) }, "what a breed test left behind cannot be removed now; trying again");
    }
  }
}
