// The work that goes on while things are killed: three schedules of one second, a stream of events and webhooks.
import { call, eventually } from "../api.ts";

/** A process that was killed ends its attempt as failed, so attempts must be given again for every run to complete. */
const retry = { times: 20, delay: "PT0.2S", factor: 1 };
const everySecond = { period: "PT1S", overlap: "queue", missed: "all" };
const roomy = { cpu: 0.5, memory: "256MB" };

/** Runs of the schedules go on for a while after their effect, so that many kills meet one that is under way. */
const handler = `
const { EFFECTS, LINGER_MS } = process.env;
module.exports = async (event, { run, attempt, workflow }) => {
  await fetch(EFFECTS, { method: "POST", body: JSON.stringify({ run, attempt, workflow, event: event.id }) });
  if (LINGER_MS) await new Promise((done) => setTimeout(done, Number(LINGER_MS)));
  return "done";
};`;

const script = `
const { run } = require("vamp-node-client");
const { id, attempt, workflow, event } = run;
fetch(process.env.EFFECTS, { method: "POST", body: JSON.stringify({ run: id, attempt, workflow, event: event.id }) })
  .then(() => setTimeout(() => require("vamp-node-client").result("done"), Number(process.env.LINGER_MS)));`;

export const timed = ["tick-handler", "tick-script", "tick-two"] as const;
export const eventWorkflow = "on-load";
export const hookWorkflow = "on-hook";
const keyName = "faults";

/** `scale.instances` of a workflow. */
export const instancesOf = (workflow: string): number => (workflow === "tick-two" ? 2 : 1);

/** No further slot is due; runs that wait are executed. What was killed last may not be back yet. */
export async function endSchedules(url: string): Promise<void> {
  for (const name of timed) {
    await eventually(
      async () => {
        const { body } = await call(url, "GET", `/workflows/${name}`);
        return call(url, "PUT", `/workflows/${name}`, { ...body, schedule: "manual" });
      },
      ({ status }) => status < 300,
    );
  }
}

export type Workload = { readonly key: string };

export async function applyWorkload(url: string, effects: string): Promise<Workload> {
  const breed = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
  const common = { retry, keep_warm: "always", environment_variables: { EFFECTS: effects } };
  const lingering = { ...common, environment_variables: { EFFECTS: effects, LINGER_MS: "400" } };
  const workflows = [
    { name: "tick-handler", breed: breed(handler), schedule: { time: everySecond }, scale: roomy, ...lingering },
    { name: "tick-script", breed: breed(script), schedule: { time: everySecond }, scale: roomy, ...lingering },
    {
      name: "tick-two",
      breed: breed(handler),
      schedule: { time: { ...everySecond, overlap: "allow" } },
      scale: { ...roomy, instances: instancesOf("tick-two") },
      ...lingering,
    },
    {
      name: eventWorkflow,
      breed: breed(handler),
      schedule: { event: "load" },
      concurrency: 2,
      ...common,
      scale: { cpu: 1, memory: "256MB" },
    },
    {
      name: hookWorkflow,
      breed: breed(handler),
      schedule: { webhook: { key: keyName } },
      ...common,
      scale: roomy,
    },
  ];
  const { body, status } = await call<{ value: string }>(url, "POST", "/keys", { name: keyName });
  if (status !== 201) throw new Error(`no key: ${JSON.stringify(body)}`);
  for (const workflow of workflows) {
    const saved = await call(url, "POST", "/workflows", workflow);
    if (saved.status >= 300) throw new Error(`${workflow.name} was refused: ${JSON.stringify(saved.body)}`);
  }
  return { key: body.value };
}
