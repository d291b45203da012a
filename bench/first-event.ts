// From an apply to the first event of a JavaScript daemon at a tailer, beside what the engine needs for a bare container.
//
// Each round measures, one after the other, so that all see the same machine:
//   1. bare, on a bridge: the floor.
//   2. bare, joining a holder's network namespace: the floor of a start that needs no network of its own.
//   3. apply: breed and workflow, both new, to a running controller; the holder is made on the way.
//   4. edit: the same workflow with another variable; the old instance is stopped, the new one joins the holder.
import type Docker from "dockerode";
import { type Tail, call, follow } from "../test/api.ts";
import { bareFirstLineMs } from "./bare-container.ts";
import { type ContainerMarks, watchContainers } from "./container-marks.ts";
import { startMeasured } from "./controller.ts";
import type { Effort } from "./effort.ts";
import { type Span, spansOf } from "./first-event-spans.ts";
import { median, summarize } from "./statistics.ts";
import { type Section, figure, ratio, verdict } from "./table.ts";

const aim = 1.2;
const script = `const api = new (require("vamp-node-client").Api)();
  api.event("bench", { name: process.env.NAME, startedMs: Date.now() }, "first");
  setInterval(() => {}, 60_000);`;

type Samples = { bare: number[]; bareJoined: number[]; apply: number[]; edit: number[] };
type Seen = { readonly spans: readonly Span[]; readonly tookMs: number };

export async function measureFirstEvent(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  const { drover, agentImage } = await startMeasured(docker);
  await using owned = drover;
  await using marks = await watchContainers(docker, drover.installation);
  await using firsts = await follow(owned.url, "?type=first");
  await using ends = await follow(owned.url, "?tag=unscheduled");

  const samples: Samples = { bare: [], bareJoined: [], apply: [], edit: [] };
  const applySpans: (readonly Span[])[] = [];
  const editSpans: (readonly Span[])[] = [];
  // The first round warms the engine and the controller, and is thrown away.
  for (let round = 0; round <= effort.firstEventRounds; round += 1) {
    const workflow = `bench-${round}`;
    const tools = { url: drover.url, marks, firsts, workflow };
    const bare = await bareFirstLineMs(docker, agentImage, "bridge");
    const apply = await timeApply(tools);
    const holder = `container:${await holderOf(docker, drover.installation, workflow)}`;
    const edit = await timeEdit(tools);
    const bareJoined = await bareFirstLineMs(docker, agentImage, holder);
    await removeAll(tools, ends);
    if (round === 0) continue;
    samples.bare.push(bare);
    samples.bareJoined.push(bareJoined);
    samples.apply.push(apply.tookMs);
    samples.edit.push(edit.tookMs);
    applySpans.push(apply.spans);
    editSpans.push(edit.spans);
  }
  return [
    comparison(samples),
    whereItGoes("Where an apply's time goes (ms, medians)", applySpans),
    whereItGoes("Where an edit's time goes (ms, medians)", editSpans),
  ];
}

type Tools = {
  readonly url: string;
  readonly marks: ContainerMarks;
  readonly firsts: Tail;
  readonly workflow: string;
};

async function timeApply(tools: Tools): Promise<Seen> {
  const { workflow: name } = tools;
  const breed = { kind: "breed", name, deployable: { type: "application/javascript", definition: script } };
  return timed(tools, "apply", async () =>
    call(tools.url, "POST", "/", [breed, { kind: "workflow", ...workflowOf(name, `${name} applied`) }]),
  );
}

async function timeEdit(tools: Tools): Promise<Seen> {
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
): Promise<Seen> {
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

function comparison(samples: Samples): Section {
  const floor = median(samples.bare);
  const row = (what: string, all: readonly number[], aimed: boolean): string[] => {
    const { count, median: middle, min, max } = summarize(all);
    const times = middle / floor;
    return [
      what,
      String(count),
      figure(middle),
      `${figure(min)}..${figure(max)}`,
      ratio(times),
      aimed ? verdict(`≤ ${aim}×`, times <= aim) : "",
    ];
  };
  return {
    title: "First event (ms)",
    columns: ["from a request to the first sign of life", "n", "median", "min..max", "to bare", "aim"],
    rows: [
      row("bare container on a bridge, first line", samples.bare, false),
      row("bare container joining a holder, first line", samples.bareJoined, false),
      row("apply of breed and workflow, first event", samples.apply, true),
      row("edit of the workflow, first event of the new instance", samples.edit, true),
    ],
    notes: [],
  };
}

function whereItGoes(title: string, rounds: readonly (readonly Span[])[]): Section {
  const [first = []] = rounds;
  return {
    title,
    columns: ["span", "median", "min..max"],
    rows: first.map(({ what }, place) => {
      const { median: middle, min, max } = summarize(rounds.map((spans) => spans[place]?.ms ?? 0));
      return [what, figure(middle), `${figure(min)}..${figure(max)}`];
    }),
    notes: [],
  };
}
