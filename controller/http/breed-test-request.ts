// What a test of a breed is asked for: the breed as it is stored or as the body has it, on its own or in a workflow, and the events. A
// name that no stored breed has is looked for inside the stored workflows; the breed is then tested in its workflow.
import type { FastifyRequest } from "fastify";
import { parseArtifact } from "../../model/artifact.ts";
import type { Breed } from "../../model/breed.ts";
import type { Event } from "../../model/event.ts";
import { durationMs } from "../../model/duration.ts";
import { fixedDuration } from "../../model/fixed-duration.ts";
import { parseFixture } from "../../model/fixture.ts";
import { jsonValue } from "../../model/json-value.ts";
import { memoryBytes } from "../../model/memory.ts";
import { type Parsed, type Problem, accepted } from "../../model/problem.ts";
import type { Reader } from "../../model/reader.ts";
import { maybe, record, required } from "../../model/record.ts";
import { defaultScale } from "../../model/scale.ts";
import { environmentOf, needsOf } from "../../model/secret-needs.ts";
import { shown } from "../../model/shown.ts";
import type { Workflow } from "../../model/workflow.ts";
import type { Artifacts } from "../artifacts/apply.ts";
import { type Standing, lockBreed } from "../artifacts/named-packages.ts";
import type { BreedTest } from "../breed-tests/test-runs.ts";
import { type Missing, missingIn } from "../secrets/missing.ts";
import { documentsOf } from "./body.ts";
import { HttpProblem, invalid } from "./problem.ts";

export const timeoutDefault = "PT30S";
/** No longer than all runs of a test together may take. */
export const timeoutMax = "PT4M";

const place = "body";
const timeout = fixedDuration({ min: "PT1S", max: timeoutMax });

type Asked = {
  readonly events: readonly Event[];
  readonly breed?: unknown;
  readonly workflow?: unknown;
  readonly timeout?: string;
};

function reader(now: Date): Reader<Asked> {
  const fixture: Reader<readonly Event[]> = (raw, at) => parseFixture(raw, at, now);
  return record<Asked>(
    {
      events: required(fixture, 'add "events:" with a list of events'),
      breed: maybe(jsonValue),
      workflow: maybe(jsonValue),
      timeout: maybe(timeout),
    },
    { noun: "a test of a breed" },
  );
}

/**
 * `within`: the workflow in which the breed is tested. Rejects with HttpProblem, 400 with everything that is wrong, 404 when there is no such breed or workflow; and as lockBreed does,
 * with npm packages that are installed when they are not those that are stored.
 */
export async function breedTestOf(
  request: FastifyRequest,
  name: string,
  artifacts: Artifacts,
  now: Date,
): Promise<{ readonly test: BreedTest; readonly within: string | null }> {
  const [document, second] = documentsOf(request);
  if (second) throw new HttpProblem("invalid", "body: expected one document, got several; test a breed at a time");
  const read = reader(now)(document?.value, place);
  if (!read.ok) throw invalid(read.problems);
  const { events, timeout: limit } = read.value;
  const inWorkflow = workflowOf(read.value.workflow ?? homeOf(name, read.value.breed, artifacts), artifacts);
  // What is wrong with a workflow comes first: the breed may be the one inside it.
  if (!inWorkflow.ok && read.value.breed === undefined) throw invalid(inWorkflow.problems);
  const breed = breedOf(read.value.breed, name, inWorkflow.ok ? (inWorkflow.value?.workflow ?? null) : null, artifacts);
  if (!inWorkflow.ok || !breed.ok) throw invalid([inWorkflow, breed].flatMap((one) => (one.ok ? [] : one.problems)));

  const workflow = inWorkflow.value?.workflow ?? null;
  const problem = whyNotTested(breed.value) ?? (workflow && whyNotOf(workflow, name));
  if (problem) throw invalid([problem]);
  const lacking = missingIn(needsOf(workflow, breed.value), artifacts.secrets ?? { get: () => null });
  if (lacking.length > 0) throw invalid(lacking.map(asProblem));
  const standing = standingOf(name, workflow, artifacts);
  const packages = await lockBreed(breed.value, { standing, stored: artifacts, at: `${place}.breed` });
  const { cpu, memory } = workflow?.scale ?? defaultScale;
  const test: BreedTest = {
    breed: name,
    source: breed.value.deployable.definition,
    workflow: workflow?.name ?? name,
    revision: inWorkflow.value?.revision ?? 1,
    environment: environmentOf(workflow, breed.value),
    secretFiles: workflow?.secrets ?? [],
    cpu,
    memoryBytes: memoryBytes(memory),
    network: workflow?.network ?? "bridge",
    ...(packages && { packages }),
    timeoutMs: limit === undefined ? defaultMs(workflow) : lengthMs(limit),
    events,
  };
  return { test, within: workflow?.name ?? null };
}

/** The stored breed whose packages may be the same. */
function standingOf(name: string, workflow: Workflow | null, { breeds, workflows }: Artifacts): Standing {
  const entry = breeds.get(name);
  if (entry) return { breed: entry.artifact, packages: entry.packages };
  return workflow && (workflows.get(workflow.name)?.deployment ?? null);
}

/** The stored workflow inside which the breed is written; undefined where it is known otherwise, or there is none. Throws HttpProblem. */
function homeOf(name: string, raw: unknown, { breeds, workflows }: Artifacts): string | undefined {
  if (raw !== undefined || breeds.get(name) !== null) return undefined;
  const homes = workflows
    .list()
    .flatMap(({ artifact: { name: home, breed } }) => (!("reference" in breed) && breed.name === name ? [home] : []));
  if (homes.length <= 1) return homes[0];
  const fix = `add "workflow: ${homes[0]}"`;
  const [expected, got] = [`which of the workflows that have a breed ${shown(name)} is meant`, homes.join(", ")];
  throw invalid([{ path: `${place}.workflow`, expected, got, fix }]);
}

type Found = { readonly workflow: Workflow; readonly revision: number } | null;

/** A text is the name of a stored workflow. */
function workflowOf(raw: unknown, { workflows }: Artifacts): Parsed<Found> {
  if (raw === undefined) return accepted(null);
  if (typeof raw === "string") {
    const entry = workflows.get(raw);
    if (entry === null) throw new HttpProblem("not-found", `there is no workflow ${shown(raw)}`);
    return accepted({ workflow: entry.artifact, revision: entry.revision });
  }
  const parsed = parseArtifact(raw, { at: place, kind: "workflow" });
  if (!parsed.ok) return parsed;
  if (parsed.value.kind !== "workflow") throw new Error("a workflow was read as something else");
  return accepted({ workflow: parsed.value.workflow, revision: (workflows.get(parsed.value.name)?.revision ?? 0) + 1 });
}

/** The one in the body, else the workflow's own, else the one that is stored. */
function breedOf(raw: unknown, name: string, workflow: Workflow | null, { breeds }: Artifacts): Parsed<Breed> {
  if (raw !== undefined) {
    const parsed = parseArtifact(raw, { at: place, kind: "breed", name });
    if (!parsed.ok) return parsed;
    if (parsed.value.kind !== "breed") throw new Error("a breed was read as something else");
    return accepted(parsed.value.breed);
  }
  if (workflow && !("reference" in workflow.breed) && workflow.breed.name === name) return accepted(workflow.breed);
  const stored = breeds.get(name)?.artifact;
  if (!stored)
    throw new HttpProblem("not-found", `there is no breed ${shown(name)}; apply it, or test it from its file`);
  return accepted(stored);
}

function whyNotTested({ deployable }: Breed): Problem | null {
  if (deployable.type === "application/javascript") return null;
  return {
    path: `${place}.breed.deployable.type`,
    expected: "application/javascript",
    got: deployable.type,
    fix: "test a script or a handler: an image runs as a daemon and is given no events",
  };
}

function whyNotOf({ breed }: Workflow, name: string): Problem | null {
  const own = "reference" in breed ? breed.reference : breed.name;
  if (own === name) return null;
  const fix = `test the breed ${shown(own)}, or choose another workflow`;
  return { path: `${place}.workflow.breed`, expected: shown(name), got: shown(own), fix };
}

function asProblem({ secret, key, fix }: Missing): Problem {
  const got = key === null ? secret : `${secret}/${key}`;
  return { path: `${place}.breed`, expected: "secrets and keys that exist", got, fix };
}

/** A workflow's own limit holds when it is shorter. */
function defaultMs(workflow: Workflow | null): number {
  return Math.min(lengthMs(timeoutDefault), workflow ? lengthMs(workflow.timeout) : Infinity);
}

function lengthMs(written: string): number {
  const ms = durationMs(written);
  if (ms === null) throw new Error(`the duration ${written} has no fixed length`);
  return ms;
}
