// What a breed runs: a script or an image. A plain text is the reference of an image, as in Vamp.
import type { Deployable } from "./breed.ts";
import { imageReference } from "./image.ts";
import { npmRanges } from "./npm.ts";
import { type Problem, accepted, refused } from "./problem.ts";
import { type Reader, mismatch, refine } from "./reader.ts";
import { maybe, record, required } from "./record.ts";
import { checkScript } from "./script.ts";
import { word } from "./text.ts";

const deployableType = word<Deployable["type"]>(
  new Map([
    ["application/javascript", "application/javascript"],
    ["container/docker", "container/docker"],
    ["javascript", "application/javascript"],
    ["docker", "container/docker"],
  ]),
);

/** Any text: what it must be depends on the type beside it, and an empty one is reported by the check of that type. */
const definition: Reader<string> = (raw, at) =>
  typeof raw === "string"
    ? accepted(raw)
    : mismatch(at, raw, { expected: "the source of a script or the reference of an image", fix: "write it as text" });

const typed = record<Deployable>(
  {
    type: required(deployableType, 'add "type: application/javascript" or "type: container/docker"'),
    definition: required(definition, 'add "definition:" with the source of the script or the reference of the image'),
    npm: maybe(npmRanges),
  },
  { noun: "a deployable" },
);

const checked = refine(typed, (deployable, at) => {
  const problems = [...definitionProblems(deployable, `${at}.definition`), ...npmProblems(deployable, `${at}.npm`)];
  return problems.length === 0 ? accepted(deployable) : refused(...problems);
});

function definitionProblems({ type, definition: written }: Deployable, at: string): readonly Problem[] {
  if (type === "application/javascript") return checkScript(written, at);
  const image = imageReference(written, at);
  return image.ok ? [] : image.problems;
}

function npmProblems({ type, npm }: Deployable, at: string): readonly Problem[] {
  if (npm === undefined || type === "application/javascript") return [];
  return [{ path: at, expected: "no npm packages, as an image brings its own", got: "npm", fix: "remove it" }];
}

export const deployable: Reader<Deployable> = (raw, at) => {
  if (typeof raw !== "string") return checked(raw, at);
  const image = imageReference(raw, at);
  return image.ok ? accepted({ type: "container/docker", definition: image.value }) : image;
};
