// Texts that are made to make a regular expression, or whatever reads them, go back and forth: all that outsiders write is read in time
// that grows with the length of the text and no faster. The texts are so long that reading them in quadratic time would take hours.
import { describe, expect, test } from "vitest";
import { parseBreed } from "../../model/breed.ts";
import { parseCloudEvent } from "../../model/cloud-event-input.ts";
import { cronExpression, looksLikeCron, timeZone } from "../../model/cron.ts";
import { parseDuration, suggestedDuration } from "../../model/duration.ts";
import { parseEvent } from "../../model/event.ts";
import { permissions } from "../../model/grant.ts";
import { instant } from "../../model/instant.ts";
import { readJson } from "../../model/json.ts";
import { memorySize } from "../../model/memory.ts";
import { name } from "../../model/names.ts";
import { namePattern } from "../../model/name-pattern.ts";
import { secretKey } from "../../model/secret.ts";
import { tokenRequest } from "../../model/token.ts";
import { topicPattern } from "../../model/topic-pattern.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { readYaml } from "../../model/yaml.ts";

const charactersMax = 1_000_000;
const many = (text: string): string => text.repeat(Math.ceil(charactersMax / text.length));

/** Each almost fits something, and ends with what does not. */
const attacks: Readonly<Record<string, string>> = {
  letters: `${many("a")}!`,
  "letters and dots": `${many("a.")}!`,
  dots: `${many(".")}!`,
  dashes: `${many("-")}a!`,
  digits: `${many("1")}!`,
  "digits and dots": `${many("1.")}!`,
  "digits and commas": `${many("1,")}!`,
  ranges: `${many("1-1/1,")}!`,
  stars: `${many("*")}!`,
  "stars and dots": `${many("*.#.")}!`,
  blanks: `${many(" ")}!`,
  "blanks and tabs": `${many(" \t")}!`,
  "line ends": `${many("\n")}!`,
  "line ends of two kinds": `${many("\r\n ")}!`,
  "units of time": `P${many("1Y1M1DT")}!`,
  "amounts of time": `${many("1h1m")}!`,
  slashes: `/${many("a/")}!`,
  colons: `${many("a:")}!`,
  "open references": `${many("${secret://a/")}!`,
  "open brackets": many("["),
  "open braces": many('{"a":'),
  quotes: many('"'),
  backslashes: `"${many("\\")}`,
  "per cent": `${many("%2")}!`,
  "wide letters": `${many("\u{1f600}")}!`,
  "half letters": many("\ud83d"),
  hashes: many("# "),
  anchors: many("&a "),
  aliases: `[${many("*a,")}]`,
  "merge keys": many("<<: "),
  questions: many("? "),
};

const now = (): Date => new Date("2026-01-01T00:00:00.000Z");
const workflow = (fields: object): unknown => parseWorkflow({ name: "a", breed: "b", schedule: "manual", ...fields });
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  YAML: readYaml,
  JSON: readJson,
  "a name": (text) => name(text, "name"),
  "a pattern of names": (text) => namePattern(text, "pattern"),
  "a duration": (text) => [parseDuration(text), suggestedDuration(text)],
  "an instant": (text) => instant(text, "at"),
  "a cron expression": (text) => [looksLikeCron(text), cronExpression(text, "cron")],
  "a time zone": (text) => timeZone(text, "timezone"),
  "a memory size": (text) => memorySize(text, "memory"),
  "a topic pattern": (text) => topicPattern(text, "type"),
  "the key of a secret": (text) => secretKey(text, "key"),
  permissions: (text) => [permissions(text, "p"), permissions({ role: text, workflows: [text] }, "p")],
  "a token": (text) =>
    tokenRequest({ name: text, role: text, workflows: [text], expires: text, [text]: text }, "token"),
  "an event": (text) => parseEvent({ tags: [text], type: text, timestamp: text, value: text, [text]: 1 }, now),
  "a CloudEvent": (text) =>
    parseCloudEvent(
      { specversion: "1.0", id: text, source: text, type: text, time: text, subject: text, tags: text },
      now,
    ),
  "a breed": (text) => parseBreed({ name: text, deployable: text, ports: { [text]: text }, env: { [text]: text } }),
  "a workflow": (text) => workflow({ name: text, breed: text, schedule: text, [text]: text }),
  "a time schedule": (text) =>
    workflow({ schedule: { time: { period: text, start: text, cron: text, timezone: text, jitter: text } } }),
  "an event schedule": (text) => workflow({ schedule: { event: { tags: [text], type: text, source: text } } }),
  "what a workflow gets": (text) =>
    workflow({
      env: { A: text },
      scale: { memory: text },
      timeout: text,
      keep_warm: text,
      secrets: [text],
      network: text,
    }),
};

describe.each(Object.entries(readers))("%s", (_, read) => {
  test.each(Object.entries(attacks))("made of %s is read in its own time", (__, text) => {
    expect(() => read(text)).not.toThrow();
  });
});
