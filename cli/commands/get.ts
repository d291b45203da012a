// Shows artifacts and events: a table for people, YAML or JSON for programs.
import type { Breed } from "../../model/breed.ts";
import type { Event } from "../../model/event.ts";
import { eventById, eventsOf } from "../event-api.ts";
import { Failure } from "../failure.ts";
import { valueText } from "../event-text.ts";
import { serialised, type Format } from "../format.ts";
import { parseKind } from "../kind.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { workflowTable } from "../workflow-text.ts";

export type GetOptions = {
  readonly output: Format | "table";
  /** Which events, and how many; artifacts are always shown all. */
  readonly events: Parameters<typeof eventsOf>[1];
  readonly limit: number;
};

export async function get(session: Session, word: string, name: string | null, options: GetOptions): Promise<void> {
  const { api } = session;
  switch (parseKind(word)) {
    case "breed":
      return name === null
        ? show(session, await api.breeds(), options, breedTable)
        : showOne(session, await api.breed(name), options, breedTable);
    case "workflow":
      return name === null
        ? show(session, await api.workflows(), options, (all) => workflowTable(all, Date.now()))
        : showOne(session, await api.workflow(name), options, (all) => workflowTable(all, Date.now()));
    case "event":
      return name === null
        ? show(session, await eventsOf(api, options.events, options.limit), options, eventTable)
        : showOne(session, await eventById(api, name), options, eventTable);
    case "run":
      throw new Failure("runs have a command of their own: drover runs, drover describe run ID", 2);
  }
}

function show<Item extends object>(
  session: Session,
  items: Item[],
  { output }: GetOptions,
  toTable: (items: readonly Item[]) => string,
): void {
  if (output !== "table") session.print(serialised(items, output));
  else if (items.length === 0) session.say("none found");
  else session.print(toTable(items));
}

function showOne<Item extends object>(
  session: Session,
  item: Item,
  { output }: GetOptions,
  toTable: (items: readonly Item[]) => string,
): void {
  session.print(output === "table" ? toTable([item]) : serialised(item, output));
}

function breedTable(breeds: readonly Breed[]): string {
  return table(
    ["NAME", "TYPE", "DEFINITION"],
    breeds.map(({ name, deployable: { type, definition } }) => {
      const lineCount = definition.trimEnd().split("\n").length;
      return [
        name,
        type,
        type === "container/docker" ? definition : `${lineCount} ${lineCount === 1 ? "line" : "lines"}`,
      ];
    }),
  );
}

function eventTable(events: readonly Event[]): string {
  return table(
    ["TIMESTAMP", "TYPE", "SOURCE", "TAGS", "VALUE"],
    events.map((event) => [event.timestamp, event.type, event.source, event.tags.join(","), valueText(event)]),
  );
}
