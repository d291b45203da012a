// What isolation costs: the way from an event to a handler's result, with the agent in a container as Drover starts it (fence,
// limits, seccomp, a uid of its own) and with the same agent as a plain process of this host, in alternating rounds.
import type Docker from "dockerode";
import { type Drover, startDrover } from "../../test/drover.ts";
import { startMeasured } from "../controller.ts";
import type { Effort } from "../effort.ts";
import { amplyScaled, startWorkflow } from "../runs/drover.ts";
import { type Path, oneByOne } from "../runs/path.ts";
import { summarize } from "../statistics.ts";
import { type Section, figure, ratio, verdict } from "../table.ts";

const costMax = 1.1;
/** So short that what the machine does besides hits both alike. */
const runsPerRound = 50;
const rounds = 12;

type Contestant = { readonly name: string; readonly path: Path; readonly ms: number[] };

export async function measureIsolation(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  await using stack = new AsyncDisposableStack();
  const begin = async (
    name: string,
    drover: Drover,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<Contestant> => {
    const path = await startWorkflow(drover.url, { name, workflow: "bench-isolation", code: "handler", fields });
    stack.use(path);
    await oneByOne(path, { count: effort.singleRuns, gapMs: 0 });
    return { name, path, ms: [] };
  };
  const container = stack.use((await startMeasured(docker)).drover);
  const plain = stack.use(await startDrover({ DROVER_RUNTIME: "process" }));
  const isolated = await begin("in its container, network: none", container, { scale: amplyScaled, network: "none" });
  const unisolated = await begin("as a plain process", plain, { scale: amplyScaled });
  for (let round = 0; round < rounds; round += 1) {
    for (const one of round % 2 === 0 ? [isolated, unisolated] : [unisolated, isolated])
      one.ms.push(...(await oneByOne(one.path, { count: runsPerRound, gapMs: 0 })));
  }

  const cost = summarize(isolated.ms).median / summarize(unisolated.ms).median;
  return [
    {
      title: "Isolation: event to result of a loaded handler, ms",
      columns: ["the agent", "median", "p99", "runs"],
      rows: [isolated, unisolated].map(rowOf),
      notes: [`Isolated against not: ${ratio(cost)}. Aim ${verdict(`≤ ${ratio(costMax)}`, cost <= costMax)}.`],
    },
  ];
}

function rowOf({ name, ms }: Contestant): readonly string[] {
  const { median, p99, count } = summarize(ms);
  return [name, figure(median), figure(p99), String(count)];
}
