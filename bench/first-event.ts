// From an apply to the first event of a JavaScript daemon at a tailer, beside what the engine needs for a bare container.
//
// Each round measures, one after the other, so that all see the same machine:
//   1. bare, on the engine's default bridge: the floor.
//   2. bare, on the workflows' network: a network of one's own has a name server, which the default bridge has not.
//   3. apply: breed and workflow, both new, to a running controller; the holder is made on the way.
//   4. edit: the same workflow with another variable; the old instance is stopped, the new one joins the holder.
//   5. bare, joining that holder's network namespace: a start that needs no network of its own.
import type Docker from "dockerode";
import { type Tail, call, follow } from "../test/api.ts";
import { bareFirstLineMs } from "./bare-container.ts";
import { type ContainerMarks, watchContainers } from "./container-marks.ts";
import { startMeasured } from "./controller.ts";
import type { Effort } from "./effort.ts";
import { spansOf } from "./first-event-spans.ts";
import { type FirstEventRound, type TimedEvent, firstEventSections } from "./first-event-tables.ts";
import type { Section } from "./table.ts";

const script = `const api = new (require("vamp-node-client").Api)();
  api.event("bench", { name: process.env.NAME, startedMs: Date.now() }, "first");
  setInterval(() => {}, 60_000);`;

type Tools = {
  readonly url: string;
  readonly marks: ContainerMarks;
  readonly firsts: Tail;
  readonly workflow: string;
};

export async function measureFirstEvent(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const { drover, agentImage } = await startMeasured(docker);
  await using owned = drover;
  const { url, installation } = owned;
  const network = await networkOf(docker, installation);
  await using marks = await watchContainers(docker, installation);
  await using firsts = await follow(url, "?type=first");
  await using ends = await follow(url, "?tag=unscheduled");

  const rounds: FirstEventRound[] = [];
  for (let round = 0; round <= effort.firstEventRounds; round += 1) {
    const tools = { url, marks, firsts, workflow: `bench-${round}` };
    const bareMs = await bareFirstLineMs(docker, agentImage, "bridge");
    const bareOwnNetworkMs = await bareFirstLineMs(docker, agentImage, network);
    const apply = await timeApply(tools);
    const edit = await timeEdit(tools);
    const holder = await holderOf(docker, installation, tools.workflow);
    const bareJoinedMs = await bareFirstLineMs(docker, agentImage, `container:${holder}`);
    await removeAll(tools, ends);
    rounds.push({ bareMs, bareOwnNetworkMs, bareJoinedMs, apply, edit });
  }
  // The first round warms the engine and the controller.
  return firstEventSections(rounds.slice(1));
}

async function timeApply(tools: Tools): Promise<TimedEvent> {
  const { workflow: name } = tools;
  const breed = { kind: "breed", name, deployable: { type: "application/javascript", definition: script } };
  return timed(tools, "apply", async () =>
    call(tools.url, "POST", "/", [breed, { kind: "workflow", ...workflowOf(name, `${name} applied`) }]),
  );
}

async function timeEdit(tools: Tools): Promise<TimedEvent> {
  const { workflow: name } = tools;
  return timed(tools, "edit", async () =>
    call(tools.url, "PUT", `/workflows/${name}`, workflowOf(name, `${name} edited`)),
  );
}

function workflowOf(name: string, shown: string) {
  return { name, breed: name, schedule: "daemon", environment_variables: { NAME: shown } };
}

async function timed(
  { marks, firsts, workflow }: Tools,
  what: "apply" | "edit",
  save: () => Promise<{ status: number; body: unknown }>,
): Promise<TimedEvent> {
  const wanted = what === "apply" ? `${workflow} applied` : `${workflow} edited`;
  const startedMs = performance.now();
  const savingMs = Date.now();
  const saved = save();
  const event = await firsts.until(({ value }) => (value as { name: string }).name === wanted);
  const tookMs = performance.now() - startedMs;
  const seenMs = savingMs + tookMs;
  const { status, body } = await saved;
  if (status >= 300) throw new Error(`the ${what} was refused: ${JSON.stringify(body)}`);
  const { startedMs: codeMs } = event.value as { startedMs: number };
  return { tookMs, spans: spansOf(what, { workflow, marks, savingMs, codeMs, seenMs }) };
}

async function networkOf(docker: Docker, installation: string): Promise<string> {
  const [found] = await docker.listNetworks({ filters: { label: [`drover.installation=${installation}`] } });
  if (!found) throw new Error("the installation has no network");
  return found.Id;
}

async function holderOf(docker: Docker, installation: string, workflow: string): Promise<string> {
  const label = [`drover.installation=${installation}`, `drover.workflow=${workflow}`, "drover.role=holder"];
  const [found] = await docker.listContainers({ filters: { label } });
  if (!found) throw new Error(`there is no holder of ${workflow}`);
  return found.Id;
}

/** What is being removed would slow down the next measure, so it is waited for. */
async function removeAll({ url, workflow }: Tools, ends: Tail): Promise<void> {
  await call(url, "DELETE", `/workflows/${workflow}`);
  await call(url, "DELETE", `/breeds/${workflow}`);
  await ends.until((event) => event.tags.includes(`workflows:${workflow}`));
}
