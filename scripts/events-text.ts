// docs/events.md as it is committed: the list of events that Drover itself emits, for people.
import { catalogue } from "../controller/events/catalogue.ts";
import type { CatalogueEntry } from "../controller/events/catalogue/entry.ts";
import { shapeText } from "../controller/events/catalogue/shape.ts";

const introduction = `# Events that Drover emits

Made from \`controller/events/catalogue.ts\` by \`npm run events\`. A test compares the list with what a real controller emits, both ways.

Events of your own, sent to \`/api/v1/events\` or emitted by code, may have any type and tags; their sources are \`/api\` and
\`/workflows/<name>\`. Nobody but Drover can store an event under the source of a controller, a hook, a run by hand or a replay.

Each event has the tags of its type, one of the tags that say what happened, and for every tag \`a:b\` the tag \`a\` as well; \`<name>\`
stands for any text. In a value, \`field?\` may be left out, \`instant\` is ISO 8601 in UTC, and \`any\` is any JSON. No other field is ever
there, and never the value of an API key. Follow one type with \`drover tail --type run\`, or one workflow with
\`drover tail --tag workflows:hello\`.
`;

export function eventsText(): string {
  const types = [...new Set(catalogue.map(({ type }) => type))];
  const contents = types.map((type) => `[${type}](#${type})`).join(" · ");
  const sections = types.map((type) =>
    sectionOf(
      type,
      catalogue.filter((entry) => entry.type === type),
    ),
  );
  return [introduction, contents, "", ...sections].join("\n");
}

function sectionOf(type: string, entries: readonly CatalogueEntry[]): string {
  return [`## ${type}`, "", ...entries.map(entryText)].join("\n");
}

function entryText({ sources, tags, sometimes = [], kinds, value, example }: CatalogueEntry): string {
  const rows = Object.entries(kinds).map(([tag, when]) => `| \`${tag}\` | ${when} |`);
  return [
    "| tag | when |",
    "|---|---|",
    ...rows,
    "",
    `Source ${code(sources)}${tags.length > 0 ? `; also tagged ${code(tags)}` : ""}${sometimes.length > 0 ? `; perhaps ${code(sometimes)}` : ""}. Value:`,
    "",
    "```",
    shapeText(value),
    "```",
    "",
    `For example, with the tags ${code(example.tags)}:`,
    "",
    "```json",
    JSON.stringify(example.value),
    "```",
    "",
  ].join("\n");
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(", ");
}
