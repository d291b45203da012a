// Everything about one artifact on one screen: what is stored, what runs and what happened last.
import type { Breed } from "../../model/breed.ts";
import { Failure } from "../failure.ts";
import { breedName, eventLine, scheduleText, yaml } from "../format.ts";
import { instanceTable } from "../instance-table.ts";
import { parseKind } from "../kind.ts";
import type { Session } from "../session.ts";
import type { WorkflowView } from "../views.ts";

const lastEventsCount = 5;

export async function describe(session: Session, word: string, name: string): Promise<void> {
  switch (parseKind(word)) {
    case "breed":
      return session.print(breedText(await session.api.breed(name)));
    case "workflow": {
      const workflow = await session.api.workflow(name);
      const events = await session.api.events({ tags: [`workflows:${name}`], type: null }, lastEventsCount);
      session.print(workflowText(workflow));
      return session.print(section("Last events", events.map((event) => `${eventLine(event)}\n`).join("")));
    }
    case "event":
      throw new Failure("events cannot be described; drover get events -o yaml shows all of each", 2);
  }
}

function breedText({
  name,
  deployable,
  ports,
  environment_variables,
  constants,
  dependencies,
  ...breed
}: Breed): string {
  return [
    fields({ Name: name, Type: deployable.type }),
    section("Ports", entries(ports)),
    section("Environment", entries(environment_variables)),
    section("Constants", entries(constants)),
    section("Arguments", breed.arguments.length === 0 ? "" : yaml(breed.arguments)),
    section("Dependencies", entries(dependencies)),
    section("Definition", deployable.definition),
  ].join("");
}

function workflowText(workflow: WorkflowView): string {
  const { name, status, message, revision, deployment, scale, network, environment_variables } = workflow;
  return [
    fields({
      Name: name,
      Status: status,
      ...(message !== null && { Message: message }),
      Breed: breedName(workflow),
      Schedule: scheduleText(workflow),
      Scale: `${scale.instances} × ${scale.cpu} cpu, ${scale.memory}`,
      ...(network && { Network: network }),
      Revision: `${revision} (deployment ${deployment})`,
    }),
    section("Environment", entries(environment_variables)),
    section("Instances", workflow.instances.length === 0 ? "" : instanceTable([workflow], Date.now())),
  ].join("");
}

function fields(values: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(values).map((key) => key.length)) + 1;
  return Object.entries(values)
    .map(([key, value]) => `${`${key}:`.padEnd(width)}  ${value}\n`)
    .join("");
}

function entries(values: Readonly<Record<string, unknown>>): string {
  return Object.keys(values).length === 0 ? "" : yaml(values);
}

/** A heading with its text indented below it; nothing at all when there is no text. */
function section(heading: string, text: string): string {
  if (text.trim() === "") return "";
  const lines = text.trimEnd().split("\n");
  return `\n${heading}\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n`;
}
