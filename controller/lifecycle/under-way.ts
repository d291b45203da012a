// What is being done to instances right now, so that nothing is done twice.
//
//   U1. A name stays taken until there is a picture of the runtime that was asked for after the work had ended: an older one, or
//       one that was being made meanwhile, still shows what was before.
export type Deed = "starting" | "ending" | "releasing" | "restoring";

export type UnderWay = {
  /** `name`: an instance, or the workflow itself. Resolves when the work has ended; `work` must not reject. */
  begin(workflow: string, name: string, deed: Deed, work: () => Promise<void>): Promise<void>;
  /** Empty for a workflow that nothing is being done to. */
  of(workflow: string): ReadonlyMap<string, Deed>;
  /**
   * Call it before the runtime is asked, and what it returns when the answer is there; not when there is none. That returns the
   * workflows of which something is free again.
   */
  picture(): () => ReadonlySet<string>;
  /** Resolves when everything that was begun has ended. */
  ended(): Promise<void>;
};

const nothing: ReadonlyMap<string, Deed> = new Map();

export function createUnderWay(): UnderWay {
  const deeds = new Map<string, Map<string, Deed>>();
  const atWork = new Set<Promise<void>>();
  const done: (readonly [workflow: string, name: string])[] = [];

  return {
    begin(workflow, name, deed, work) {
      const ofWorkflow = deeds.get(workflow) ?? new Map<string, Deed>();
      deeds.set(workflow, ofWorkflow.set(name, deed));
      const task = work().finally(() => {
        atWork.delete(task);
        done.push([workflow, name]);
      });
      atWork.add(task);
      return task;
    },
    of: (workflow) => deeds.get(workflow) ?? nothing,
    picture() {
      const before = done.length;
      return () => {
        const settled = done.splice(0, before);
        for (const [workflow, name] of settled) {
          const ofWorkflow = deeds.get(workflow);
          ofWorkflow?.delete(name);
          if (ofWorkflow?.size === 0) deeds.delete(workflow);
        }
        return new Set(settled.map(([workflow]) => workflow));
      };
    },
    async ended() {
      await Promise.all(atWork);
    },
  };
}
