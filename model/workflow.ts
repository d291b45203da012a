// A workflow: when to run a breed, and with how much. Field names are those of the API (Vamp's).
import { argumentList } from "./arguments.ts";
import { type Breed, parseBreed } from "./breed.ts";
import { environment } from "./environment.ts";
import { jsonObject } from "./json-value.ts";
import { name } from "./names.ts";
import { type Parsed, accepted } from "./problem.ts";
import { type Reader, isObject, mismatch, withinBytes } from "./reader.ts";
import { optional, record, required } from "./record.ts";
import { defaultScale, scale } from "./scale.ts";
import { type Schedule, parseSchedule } from "./schedule.ts";
import { parseStatus } from "./status.ts";
import { word } from "./text.ts";

/** A workflow is stored with the breed that it runs, so an inline one counts twice in a message of at most 1 MiB. */
const workflowBytesMax = 458_752;

/** `cpu` in cores, `memory` in bytes as a size string (`128MB`), `instances` a count of containers. */
export type Scale = { readonly cpu: number; readonly memory: string; readonly instances: number };

export type Workflow = {
  readonly kind: "workflow";
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly breed: { readonly reference: string } | Breed;
  readonly schedule: Schedule;
  readonly environment_variables: Readonly<Record<string, string>>;
  readonly scale: Scale;
  readonly network: string;
  readonly arguments: readonly Readonly<Record<string, string>>[];
};

/** What a person asked for. `restarting` is a request, not a state to stay in. */
export type DesiredStatus = "running" | "suspended";

/** What a workflow reports of itself (Vamp's words). */
export type WorkflowStatus = "starting" | "running" | "stopping" | "suspending" | "suspended" | "restarting";

/** A workflow as it is saved, and the status asked for along with it (null: whatever it is now). */
export type WorkflowRequest = { readonly workflow: Workflow; readonly status: DesiredStatus | null };

/** Parses a workflow as people write it, and as an answer shows it: what was read may be written back. */
export function parseWorkflow(raw: unknown, at = "workflow"): Parsed<WorkflowRequest> {
  const parsed = workflowBody(inheritedName(raw))(raw, at);
  if (!parsed.ok) return parsed;
  const { status, ...workflow } = parsed.value;
  return accepted({ workflow, status });
}

type Body = Workflow & { readonly status: DesiredStatus | null };

function workflowBody(workflowName: string): Reader<Body> {
  return withinBytes(
    record<Body>(
      {
        kind: optional(
          word(
            new Map([
              ["workflow", "workflow"],
              ["workflows", "workflow"],
            ] as const),
          ),
          "workflow",
        ),
        name: required(name, 'add "name:", such as "name: hello"'),
        metadata: optional(jsonObject, {}),
        breed: required(breedOf(workflowName), 'add "breed:" with the name of a breed, or the breed itself'),
        schedule: required(parseSchedule, 'add "schedule: daemon", or {time: …}, {event: …}, {webhook: …}, manual'),
        environment_variables: optional(environment, {}, { alias: "env" }),
        scale: optional(scale, defaultScale),
        network: optional(word(new Map([["bridge", "bridge"]])), "bridge"),
        arguments: optional(argumentList, []),
        status: optional<DesiredStatus | null>(parseStatus, null),
      },
      { noun: "a workflow", ignored: ["instances", "health", "revision", "deployment", "message"] },
    ),
    workflowBytesMax,
  );
}

/**
 * A breed by its name, as `{reference: name}`, as Vamp's `{name: name}` with nothing else (there is nothing in it to run, so
 * it can only be meant as a reference), or written out; its own name is then the workflow's when it has none.
 */
function breedOf(workflowName: string): Reader<Workflow["breed"]> {
  return (raw, at) => {
    if (typeof raw === "string") return referenceTo(raw, at);
    if (!isObject(raw)) return mismatch(at, raw, { expected: "a breed", fix: "write its name, or the breed itself" });
    if (Object.hasOwn(raw, "reference")) return breedReference(raw, at);
    if (Object.hasOwn(raw, "name") && Object.keys(raw).length === 1) return referenceTo(raw["name"], `${at}.name`);
    return parseBreed({ ...raw, name: raw["name"] ?? workflowName }, at);
  };
}

const breedReference = record<{ readonly reference: string }>(
  { reference: required(name, 'add "reference:" with the name of a breed') },
  { noun: "a reference to a breed" },
);

function referenceTo(raw: unknown, at: string): Parsed<{ readonly reference: string }> {
  const parsed = name(raw, at);
  return parsed.ok ? accepted({ reference: parsed.value }) : parsed;
}

/** The workflow's name for its inline breed. One that is wrong is reported where it stands and not once more for the breed. */
function inheritedName(raw: unknown): string {
  const parsed = name(isObject(raw) ? raw["name"] : undefined, "");
  return parsed.ok ? parsed.value : "unnamed";
}
