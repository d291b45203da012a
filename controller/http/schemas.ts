// The shapes of the API as JSON Schema, from which docs/openapi.json is generated. They describe; checking is the model's work,
// because its answers name every problem with the fix.
import { Type } from "./json-schema.ts";

const anyObject = Type.Map(Type.Unknown());
const stringMap = Type.Map(Type.String());

const Breed = Type.Object(
  {
    kind: Type.Literal("breed"),
    name: Type.String(),
    metadata: anyObject,
    deployable: Type.Object({
      type: Type.Union([Type.Literal("application/javascript"), Type.Literal("container/docker")]),
      definition: Type.String(),
      npm: Type.Optional(Type.Map(Type.String())),
    }),
    ports: stringMap,
    environment_variables: stringMap,
    constants: stringMap,
    arguments: Type.Array(stringMap),
    dependencies: anyObject,
  },
  { $id: "Breed" },
);

const InstanceSchema = Type.Object({
  name: Type.String(),
  status: Type.String({ description: "starting, ready, crashing, exited, unreachable or stopping" }),
  restarts: Type.Integer(),
  startedAt: Type.Union([Type.String(), Type.Null()]),
  lastError: Type.Union([Type.String(), Type.Null()]),
  eventsLost: Type.Integer({ description: "events of its code that could not be stored, since its agent started" }),
  logLinesDropped: Type.Integer({ description: "lines of output that were too many to be kept, since then" }),
});

const LastRunSchema = Type.Object({
  id: Type.String(),
  state: Type.String(),
  at: Type.Union([Type.String(), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()], { description: "why it did not complete, in one line" }),
});

const Workflow = Type.Object(
  {
    kind: Type.Literal("workflow"),
    name: Type.String(),
    metadata: anyObject,
    breed: Type.Unknown({ description: "{reference: name} or an inline breed" }),
    status: Type.String({ description: "starting, running, stopping, suspending, suspended or restarting" }),
    schedule: Type.Unknown({ description: "daemon, manual, {time}, {event} or {webhook}" }),
    environment_variables: stringMap,
    scale: Type.Object({ cpu: Type.Number(), memory: Type.String(), instances: Type.Integer() }),
    concurrency: Type.Integer({ description: "runs at the same time in each instance" }),
    retry: Type.Object({ times: Type.Integer(), delay: Type.String(), factor: Type.Number() }),
    timeout: Type.String({ description: "ISO 8601, of each attempt of a run" }),
    isolation: Type.String({ description: "process or container" }),
    keep_warm: Type.String({ description: "always, never or an ISO 8601 duration" }),
    network: Type.String(),
    arguments: Type.Array(stringMap),
    secrets: Type.Optional(Type.Array(Type.String(), { description: "secrets whose keys are files in /run/secrets" })),
    permissions: Type.Optional(
      Type.Object({ role: Type.String(), workflows: Type.Optional(Type.Array(Type.String())) }),
    ),
    instances: Type.Array(InstanceSchema),
    health: Type.Object({
      staged: Type.Integer(),
      running: Type.Integer(),
      healthy: Type.Integer(),
      unhealthy: Type.Integer(),
    }),
    revision: Type.Integer(),
    deployment: Type.String(),
    queue: Type.Union([Type.Object({ queued: Type.Integer(), started: Type.Integer() }), Type.Null()], {
      description: "its runs that wait, and those under way; null while the history cannot be asked",
    }),
    last_run: Type.Union([LastRunSchema, Type.Null()], {
      description: "the newest run that has ended, or failed once",
    }),
    next_slot: Type.Union([Type.String(), Type.Null()], {
      description: "when its time schedule is due next, without jitter; null: not at all, or not any more",
    }),
    message: Type.Union([Type.String(), Type.Null()], {
      description: "what is wrong: why it does not run, how its last run ended, what it lacks",
    }),
  },
  { $id: "Workflow" },
);

const Event = Type.Object(
  {
    id: Type.String(),
    source: Type.String(),
    type: Type.String(),
    tags: Type.Array(Type.String()),
    value: Type.Unknown(),
    timestamp: Type.String(),
    run: Type.Optional(Type.String({ description: "the run that emitted it, when one did" })),
    cause: Type.Optional(Type.String({ description: "the event that set off that run" })),
    hops: Type.Optional(Type.Integer({ description: "runs between it and the event that began the chain" })),
    attributes: Type.Optional(
      Type.Unknown({
        description:
          "what the sender of a CloudEvent gave beside: its own id, subject, dataschema, datacontenttype, extensions; with datacontentencoding base64 the value is bytes",
      }),
    ),
  },
  { $id: "Event" },
);

const LogLine = Type.Object(
  {
    timestamp: Type.String(),
    workflow: Type.String(),
    instance: Type.String(),
    run: Type.String(),
    stream: Type.String(),
    text: Type.String(),
  },
  { $id: "LogLine" },
);

const Applied = Type.Object(
  {
    kind: Type.String(),
    name: Type.String(),
    action: Type.String({ description: "created, updated, unchanged or deleted" }),
    revision: Type.Integer(),
    redeployed: Type.Boolean(),
    warnings: Type.Optional(Type.Array(Type.String())),
    diff: Type.Optional(Type.Unknown({ description: "with validate_only=true: what would differ, as in a plan" })),
  },
  { $id: "Applied" },
);

const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    problems: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), expected: Type.String(), got: Type.String(), fix: Type.String() })),
    ),
  },
  { $id: "Problem", description: "RFC 9457; problems lists each thing that is wrong with the input" },
);

const EventInput = Type.Object(
  {
    tags: Type.Union([Type.String(), Type.Array(Type.String())], {
      description: "at least one; a:b is stored as a and a:b",
    }),
    type: Type.Optional(Type.String({ default: "event" })),
    value: Type.Optional(Type.Unknown({ description: "any JSON" })),
    timestamp: Type.Optional(Type.String({ description: "ISO 8601; now when it is left out" })),
  },
  { $id: "EventInput", description: "or a CloudEvent in JSON, of version 1.0, 0.3, 0.2 or 0.1" },
);

const EventBatch = Type.Object(
  {
    count: Type.Integer({ description: "events with the same id are one" }),
    ids: Type.Array(Type.String(), { description: "of the events that are stored, in their order" }),
  },
  { $id: "EventBatch" },
);

/** Named shapes, registered once; routes refer to them. */
export const namedSchemas = [Breed, Workflow, Event, EventInput, EventBatch, LogLine, Applied, Problem];

export const BreedSchema = Type.Ref("Breed");
export const WorkflowSchema = Type.Ref("Workflow");
export const EventSchema = Type.Ref("Event");
export const EventInputSchema = Type.Ref("EventInput");
export const EventBatchSchema = Type.Ref("EventBatch");
export const LogLineSchema = Type.Ref("LogLine");
export const AppliedSchema = Type.Array(Type.Ref("Applied"));
const ProblemSchema = Type.Ref("Problem");

/** The body of a write: fields that are left out get their defaults, see the Breed and Workflow shapes. */
export const DocumentSchema = Type.Unknown({
  description: "a document of the kind, or a list of them; YAML may hold several",
});

export const pages = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 30 })),
};
export const PageQuery = Type.Object(pages);
export const NameParameter = Type.Object({ name: Type.String() });
export const ConditionHeaders = Type.Object({
  "if-match": Type.Optional(
    Type.String({ description: 'only in this revision: the ETag of what was read, "3", or *' }),
  ),
  "if-none-match": Type.Optional(Type.String({ description: "*: only when there is none yet" })),
});

/** The answers that every route may give beside its own. */
export const refusals = { "4xx": ProblemSchema, "5xx": ProblemSchema };
