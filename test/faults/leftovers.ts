// What a Drover has left when all its workflows are deleted: nothing of theirs. And, while it works, how many containers there are at
// most of a workflow (I4).
import { call, eventually } from "../api.ts";
import { consumersOf } from "../controller-nats.ts";
import { containersOf } from "../docker.ts";
import type { Drover } from "../drover.ts";

const sampleEveryMs = 1_000;
const settleMsMax = 60_000;
/** Agents that end their last runs keep their places: next-step.ts D3. */
const placesPerInstance = 2;

export type Sampler = { stop(): Promise<readonly string[]> };

/** Counts the agents that run, of each workflow and deployment. */
export function sampleInstances(drover: Drover, instancesOf: (workflow: string) => number): Sampler {
  const wrong = new Set<string>();
  const ending = new AbortController();
  const sampling = sample();
  return {
    async stop() {
      ending.abort();
      await sampling;
      return [...wrong];
    },
  };

  async function sample(): Promise<void> {
    while (!ending.signal.aborted) {
      // The engine may be what is restarted just now.
      const all = await containersOf(drover.docker, drover.installation).catch(() => []);
      const agents = all.filter((one) => one.Labels["drover.role"] === "agent" && one.State === "running");
      const byDeployment = Map.groupBy(
        agents,
        ({ Labels }) => `${Labels["drover.workflow"]} ${Labels["drover.deployment"]}`,
      );
      for (const [deployment, { length }] of byDeployment) {
        const most = instancesOf(deployment.split(" ")[0] ?? "") * placesPerInstance;
        if (length > most) wrong.add(`${length} agents of ${deployment} run at once; at most ${most} may`);
      }
      await new Promise((resolve) => setTimeout(resolve, sampleEveryMs));
    }
  }
}

/** Deletes all workflows and says what of them, or of what was asked meanwhile, is still there. */
export async function leftovers(drover: Drover): Promise<readonly string[]> {
  const { body } = await call<{ name: string }[]>(drover.url, "GET", "/workflows?per_page=1000");
  for (const { name } of body) await call(drover.url, "DELETE", `/workflows/${name}`);
  const state = async (): Promise<readonly string[]> => {
    const containers = await containersOf(drover.docker, drover.installation);
    const { RUNS: queues = 0, LOGS: logs = 0 } = await consumersOf(drover.home);
    return [
      ...containers.map(({ Names }) => `the container ${Names.join(" ")} is left`),
      ...(queues > 0 ? [`${queues} consumers of RUNS are left`] : []),
      ...(logs > 0 ? [`${logs} consumers of LOGS are left`] : []),
    ];
  };
  return eventually(state, (left) => left.length === 0, settleMsMax).catch(state);
}
