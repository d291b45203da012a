// Everything about one artifact on one screen: what is stored, what runs and what happened last.
import type { Breed } from "../../model/breed.ts";
import { Failure } from "../failure.ts";
import { eventsOf } from "../event-api.ts";
import { eventLine } from "../event-text.ts";
import { breedName, yaml } from "../format.ts";
import { instanceTable } from "../instance-table.ts";
import { parseKind } from "../kind.ts";
import { type PackageView, packagesOf } from "../package-api.ts";
import { runTable, runText } from "../run-text.ts";
import type { Session } from "../session.ts";
import { scheduleText } from "../schedule-text.ts";
import { entries, fields, section } from "../sheet.ts";
import type { WorkflowView } from "../views.ts";
import { isIdle, lastRunText, queueText } from "../workflow-text.ts";

const lastEventsCount = 5;
const lastRunsCount = 5;

export async function describe(session: Session, word: string, name: string): Promise<void> {
  switch (parseKind(word)) {
    case "breed": {
      const breed = await session.api.breed(name);
      const packages = breed.deployable.npm ? await packagesOf(session.api, name) : [];
      return session.print(breedText(breed, packages));
    }
    case "workflow": {
      const workflow = await session.api.workflow(name);
      const events = await eventsOf(session.api, { tags: [`workflows:${name}`], order: "newest" }, lastEventsCount);
      const filter = { workflow: name, state: null, since: null, dead: false };
      const runs = await session.api.runs(filter, lastRunsCount);
      session.print(workflowText(workflow, Date.now()));
      session.print(section("Last runs", runs.length === 0 ? "" : runTable(runs, Date.now())));
      return session.print(section("Last events", events.map((event) => `${eventLine(event)}\n`).join("")));
    }
    case "run":
      return session.print(runText(await session.api.runById(name)));
    case "event":
      throw new Failure(`events cannot be described; drover get event ${name} -o yaml shows all of it`, 2);
  }
}

function breedText(
  { name, deployable, ports, environment_variables, constants, dependencies, ...breed }: Breed,
  packages: readonly PackageView[],
): string {
  return [
    fields({ Name: name, Type: deployable.type }),
    section("Ports", entries(ports)),
    section("Environment", entries(environment_variables)),
    section("Constants", entries(constants)),
    section("Arguments", breed.arguments.length === 0 ? "" : yaml(breed.arguments)),
    section("Dependencies", entries(dependencies)),
    section("npm packages", entries(Object.fromEntries(packages.map(({ path, version }) => [path, version])))),
    section("Definition", deployable.definition),
  ].join("");
}

function workflowText(workflow: WorkflowView, nowMs: number): string {
  const { name, status, message, revision, deployment, scale, network, environment_variables } = workflow;
  return [
    fields({
      Name: name,
      Status: isIdle(workflow) ? `${status}, idle: it waits for its trigger` : status,
      ...(message !== null && { Message: message }),
      Breed: breedName(workflow),
      Schedule: scheduleText(workflow.schedule),
      ...(isTimed(workflow) && { Next: nextText(workflow) }),
      ...(workflow.schedule !== "daemon" && { Runs: runsRule(workflow), Queue: queueText(workflow) }),
      ...(workflow.last_run && { "Last run": `${workflow.last_run.id} ${lastRunText(workflow, nowMs)}` }),
      Scale: `${scale.instances} × ${scale.cpu} cpu, ${scale.memory}`,
      ...(network && { Network: network }),
      ...(workflow.secrets && { "Secret files": workflow.secrets.join(", ") }),
      Revision: `${revision} (deployment ${deployment})`,
    }),
    section("Environment", entries(environment_variables)),
    section("Instances", workflow.instances.length === 0 ? "" : instanceTable([workflow], nowMs)),
  ].join("");
}

function isTimed({ schedule }: WorkflowView): boolean {
  return typeof schedule === "object" && "time" in schedule;
}

function nextText({ next_slot: next, status }: WorkflowView): string {
  if (next === null) return "no slot is due any more";
  return status === "suspended" ? `${next}, skipped while it is suspended` : next;
}

function runsRule({ concurrency, timeout, retry, isolation, keep_warm }: WorkflowView): string {
  const again = retry.times === 0 ? "not given again" : `given again ${retry.times} × after ${retry.delay}`;
  return `${concurrency} at a time, ${timeout} each, ${again}; isolation: ${isolation}, keep_warm: ${keep_warm}`;
}
