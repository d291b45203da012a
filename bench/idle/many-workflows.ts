// Thousands of workflows, saved through the route that takes many documents at once.
import { call } from "../../test/api.ts";

/** The most that one request may hold. */
const documentsMax = 500;
const breedName = "bench-idle";

export type WorkflowFields = { readonly name: string; readonly schedule: unknown } & Readonly<Record<string, unknown>>;

/** The breed of all of them. Its handler is never called, or does nothing. */
export async function saveBreed(url: string): Promise<void> {
  await save(url, [
    {
      kind: "breed",
      name: breedName,
      deployable: { type: "application/javascript", definition: "module.exports = () => null;" },
    },
  ]);
}

/** Milliseconds for all of them, one request after the other. */
export async function saveWorkflows(url: string, workflows: readonly WorkflowFields[]): Promise<number> {
  const startedMs = performance.now();
  for (let from = 0; from < workflows.length; from += documentsMax) {
    await save(url, workflows.slice(from, from + documentsMax).map(documentOf));
  }
  return performance.now() - startedMs;
}

function documentOf(fields: WorkflowFields): unknown {
  return { kind: "workflow", breed: breedName, ...fields };
}

async function save(url: string, documents: readonly unknown[]): Promise<void> {
  const { status, body } = await call(url, "POST", "", documents);
  if (status !== 200) throw new Error(`the workflows were refused: ${JSON.stringify(body).slice(0, 1_000)}`);
}
