// A runtime whose users' own images keep their secrets to themselves: what they write is masked before anybody here reads it.
// Scripts need none of this, their agent does it. What an image has written is in the engine's own log of its container as well,
// as it was written, until the container is removed.
import { type Mask, createMask, noMask } from "../../model/mask.ts";
import { needsAny, needsOf } from "../../model/secret-needs.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Secrets } from "./secrets.ts";

/** Values that one workflow had or has; after many changes the oldest are not looked for any more. */
const valuesMax = 256;

type Parts = {
  readonly workflows: { get(name: string): LiveWorkflow | null };
  readonly secrets: Pick<Secrets, "values">;
};

export function maskedRuntime(runtime: Runtime, { workflows, secrets }: Parts): Runtime {
  const workflowOf = new Map<string, string>();
  const known = new Map<string, { readonly values: ReadonlySet<string>; readonly mask: Mask }>();

  return {
    ...runtime,
    async list() {
      const inventory = await runtime.list();
      workflowOf.clear();
      for (const { instance, workflow } of inventory.instances) workflowOf.set(instance, workflow);
      return inventory;
    },
    async release(workflow) {
      await runtime.release(workflow);
      known.delete(workflow);
    },
    async lastLines(instance, lineCount) {
      const mask = await maskOf(instance);
      return mask === null ? [] : (await runtime.lastLines(instance, lineCount)).map((line) => mask.text(line));
    },
    async *output(instance, since, signal) {
      const mask = await maskOf(instance);
      if (mask === null) return;
      for await (const chunk of runtime.output(instance, since, signal))
        yield { ...chunk, text: mask.text(chunk.text) };
    },
  };

  /** Earlier values stay hidden: the instance may have been started with them. Null: what must be hidden is not known any more. */
  async function maskOf(instance: string): Promise<Mask | null> {
    const workflow = workflowOf.get(instance) ?? "";
    const entry = workflows.get(workflow);
    const before = known.get(workflow);
    if (entry === null) return before?.mask ?? null;
    if (entry.deployment.breed.deployable.type !== "container/docker") return before?.mask ?? noMask;
    const needs = needsOf(entry.artifact, entry.deployment.breed);
    if (!needsAny(needs)) return before?.mask ?? noMask;
    const now = Object.values(await secrets.values(needs)).flatMap((values) => Object.values(values));
    const values = new Set([...(before?.values ?? []), ...now].slice(-valuesMax));
    const mask = createMask(values);
    known.set(workflow, { values, mask });
    return mask;
  }
}
