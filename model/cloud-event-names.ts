// What CloudEvents of all versions call things: 0.1, 0.2 and 0.3 are read as 1.0, under whose names everything goes on.
//
//   N1. Each attribute keeps the place where its sender wrote it, so that what is wrong with it is told in the sender's words.
//   N2. Version 0.1 has its names in camel case and its extensions in an object of their own. It may be wrapped: {"event": {…}}.
import { cloudEventBatchType } from "./media-types.ts";
import { type Parsed, type Problem, accepted, refused } from "./problem.ts";
import { fieldPath, isObject, mismatch } from "./reader.ts";
import { shown } from "./shown.ts";

/** Under its name of version 1.0. An attribute that is null is none (JSON event format, 2.2); `data` may be null. */
export type Attribute = { readonly value: unknown; readonly at: string };
export type AttributesSent = ReadonlyMap<string, Attribute>;

/** What each version calls otherwise, in lower case. */
const versions: ReadonlyMap<unknown, ReadonlyMap<string, string>> = new Map([
  ["1.0", new Map<string, string>()],
  ["0.3", new Map([["schemaurl", "dataschema"]])],
  [
    "0.2",
    new Map([
      ["schemaurl", "dataschema"],
      ["contenttype", "datacontenttype"],
    ]),
  ],
  [
    "0.1",
    new Map([
      ["eventtype", "type"],
      ["eventid", "id"],
      ["eventtime", "time"],
      ["schemaurl", "dataschema"],
      ["contenttype", "datacontenttype"],
    ]),
  ],
]);

const notAnObject = {
  expected: "a CloudEvent: an object",
  fix: `write it as an object, or send a list as ${cloudEventBatchType}`,
};
const specversion = "specversion";
const specversion01 = "cloudEventsVersion";

/** Whether an object is meant as a CloudEvent: an event in Drover's own shape has none of these fields. */
export function isCloudEvent(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return isObject(raw) && (hasVersion(raw) || isWrapped(raw));
}

/** `pathOf` says what an attribute is called in a problem, given how its sender wrote it. */
export function attributesSent(
  raw: unknown,
  at: string,
  pathOf: (name: string) => string = (name) => fieldPath(at, name),
): Parsed<AttributesSent> {
  if (!isObject(raw)) return mismatch(at, raw, notAnObject);
  if (isWrapped(raw)) return attributesSent(raw["event"], fieldPath(at, "event"));
  const isOld = Object.hasOwn(raw, specversion01);
  const versionAt = pathOf(isOld ? specversion01 : specversion);
  const version = raw[isOld ? specversion01 : specversion];
  const names = versions.get(version);
  if (names === undefined) return refused(unknownVersion(version, versionAt));

  const problems: Problem[] = [];
  const sent = new Map<string, Attribute>();
  for (const [written, value] of Object.entries(raw)) {
    if (written === specversion || written === specversion01) continue;
    if (version !== "0.1") set(names.get(written) ?? written, { value, at: pathOf(written) });
    else if (written === "extensions" && isObject(value)) addExtensions(value, pathOf(written));
    else set(names.get(written.toLowerCase()) ?? written.toLowerCase(), { value, at: pathOf(written) });
  }
  return problems.length === 0 ? accepted(sent) : refused(...problems);

  function addExtensions(extensions: Readonly<Record<string, unknown>>, path: string): void {
    for (const [name, value] of Object.entries(extensions))
      set(name.toLowerCase(), { value, at: fieldPath(path, name) });
  }

  function set(name: string, attribute: Attribute): void {
    const before = sent.get(name);
    if (before !== undefined) problems.push(givenTwice(before.at, attribute.at));
    if (attribute.value !== null || name === "data") sent.set(name, attribute);
  }
}

function hasVersion(raw: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(raw, specversion) || Object.hasOwn(raw, specversion01);
}

/** Nothing stands beside what is wrapped. */
function isWrapped(raw: Readonly<Record<string, unknown>>): boolean {
  if (!Object.hasOwn(raw, "event") || Object.keys(raw).length > 1) return false;
  return isObject(raw["event"]) && hasVersion(raw["event"]);
}

function givenTwice(before: string, path: string): Problem {
  return { path, expected: "each attribute once", got: `the same as ${before}`, fix: "remove one of the two" };
}

function unknownVersion(version: unknown, path: string): Problem {
  const expected = `a version of CloudEvents: "1.0", or one of ${[...versions.keys()].slice(1).map(shown).join(", ")}`;
  return { path, expected, got: shown(version), fix: 'write "1.0"' };
}
