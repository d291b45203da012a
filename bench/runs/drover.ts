// One workflow of a real controller as a Path: its event is POSTed, its run's result is seen on the event stream.
import { call } from "../../test/api.ts";
import { createPoster } from "./flood.ts";
import type { Path } from "./path.ts";
import { followResults } from "./result-tail.ts";
import { createSightings } from "./sightings.ts";
import { triggerEvent } from "./trigger-event.ts";

/** What BullMQ's worker and the floor do with an event, too. */
const handler = `module.exports = (event) => ({ id: event.id, out: event.value.celsius * 2 });`;
const script = `const { run, Api } = require("vamp-node-client");
  new Api().result({ out: run.event.value.celsius * 2 });`;

/** The default of a tenth of a core would be what is measured. The floor and the peers have no limit. */
export const amplyScaled = { cpu: 2 };

export type WorkflowKind = {
  readonly name: string;
  readonly workflow: string;
  readonly code: "handler" | "script";
  /** Fields of the workflow beyond those that every one of these has. */
  readonly fields: Readonly<Record<string, unknown>>;
};

export async function startWorkflow(url: string, kind: WorkflowKind): Promise<Path> {
  const { workflow, code, fields } = kind;
  await using stack = new AsyncDisposableStack();
  const seen = createSightings();
  const tag = `bench:${workflow}`;
  const definition = code === "handler" ? handler : script;
  await save(url, {
    kind: "workflow",
    name: workflow,
    breed: { name: workflow, deployable: { type: "application/javascript", definition } },
    schedule: { event: tag },
    keep_warm: "always",
    ...fields,
  });
  stack.use(await followResults(url, workflow, seen));
  const poster = stack.use(createPoster(`${url}/api/v1/events`));
  const body = triggerEvent({ tag });
  const kept = stack.move();
  return {
    name: kind.name,
    async one() {
      const startedMs = performance.now();
      const { id } = JSON.parse(await poster.post(body)) as { id: string };
      return (await seen.of(id)) - startedMs;
    },
    async many(count) {
      const startedMs = performance.now();
      const [seenMs] = await Promise.all([seen.more(count), poster.flood(body, count)]);
      return seenMs - startedMs;
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  };
}

async function save(url: string, workflow: Readonly<Record<string, unknown>>): Promise<void> {
  const { status, body } = await call(url, "POST", "/workflows", workflow);
  if (status >= 300) throw new Error(`the workflow was refused: ${JSON.stringify(body)}`);
}
