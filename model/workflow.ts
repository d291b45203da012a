// A workflow: when to run a breed, and with how much. Field names are those of the API (Vamp's).
import { argumentList } from "./arguments.ts";
import { type Breed, parseBreed } from "./breed.ts";
import { environment } from "./environment.ts";
import { type Permissions, permissions } from "./grant.ts";
import {
  concurrency,
  defaultConcurrency,
  defaultKeepWarm,
  defaultRetry,
  defaultTimeout,
  isolation,
  keepWarm,
  retry,
  timeout,
} from "./execution.ts";
import { jsonObject } from "./json-value.ts";
import { name } from "./names.ts";
import { type Network, network } from "./network.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { type Reader, isObject, mismatch, withinBytes } from "./reader.ts";
import { maybe, optional, record, required } from "./record.ts";
import { defaultScale, scale } from "./scale.ts";
import { type Schedule, parseSchedule } from "./schedule.ts";
import { secretNames } from "./secret-names.ts";
import { parseStatus } from "./status.ts";
import { word } from "./text.ts";
import { conflictsOf } from "./workflow-conflicts.ts";

/** A workflow is stored with the breed that it runs, so an inline one counts twice in a message of at most 1 MiB. */
const workflowBytesMax = 458_752;

/** `cpu` in cores, `memory` in bytes as a size string (`128MB`), `instances` a count of containers. */
export type Scale = { readonly cpu: number; readonly memory: string; readonly instances: number };

/** `times`: how often a failed run is given again; `delay`: ISO 8601, before the first time; `factor`: of each later delay. */
export type Retry = { readonly times: number; readonly delay: string; readonly factor: number };

/** `process`: runs share a container, each in a process of its own. `container`: a fresh container for each run. */
export type Isolation = "process" | "container";

export type Workflow = {
  readonly kind: "workflow";
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly breed: { readonly reference: string } | Breed;
  readonly schedule: Schedule;
  readonly environment_variables: Readonly<Record<string, string>>;
  readonly scale: Scale;
  /** Runs at the same time in each instance. */
  readonly concurrency: number;
  readonly retry: Retry;
  /** ISO 8601: the time limit of each attempt of a run. Not of a daemon. */
  readonly timeout: string;
  readonly isolation: Isolation;
  /** How long containers of a workflow without work stay: `always`, `never` or an ISO 8601 duration. */
  readonly keep_warm: string;
  readonly network: Network;
  readonly arguments: readonly Readonly<Record<string, string>>[];
  /** Secrets whose keys are files; those that its variables refer to need not be here. */
  readonly secrets?: readonly string[];
  /** What its code may do beyond emitting events and reading. An admin gives them. */
  readonly permissions?: Permissions;
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
  const conflicts = conflictsOf(workflow, at);
  return conflicts.length === 0 ? accepted({ workflow, status }) : refused(...conflicts);
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
        concurrency: optional(concurrency, defaultConcurrency),
        retry: optional(retry, defaultRetry),
        timeout: optional(timeout, defaultTimeout),
        isolation: optional<Isolation>(isolation, "process"),
        keep_warm: optional(keepWarm, defaultKeepWarm),
        network: optional<Network>(network, "bridge"),
        arguments: optional(argumentList, []),
        secrets: maybe(secretNames),
        permissions: maybe(permissions),
        status: optional<DesiredStatus | null>(parseStatus, null),
      },
      {
        noun: "a workflow",
        ignored: ["instances", "health", "revision", "deployment", "queue", "last_run", "next_slot", "message"],
      },
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
