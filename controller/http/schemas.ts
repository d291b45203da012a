// The shapes of the API as JSON Schema, from which docs/openapi.json is generated. They describe; checking is the model's work,
// because its answers name every problem with the fix.
import { Type } from "typebox";

const anyObject = Type.Record(Type.String(), Type.Unknown());
const stringMap = Type.Record(Type.String(), Type.String());

export const BreedSchema = Type.Object({
  kind: Type.Literal("breed"),
  name: Type.String(),
  metadata: anyObject,
  deployable: Type.Object({
    type: Type.Union([Type.Literal("application/javascript"), Type.Literal("container/docker")]),
    definition: Type.String(),
  }),
  ports: stringMap,
  environment_variables: stringMap,
  constants: stringMap,
  arguments: Type.Array(stringMap),
  dependencies: anyObject,
});

const InstanceSchema = Type.Object({
  name: Type.String(),
  status: Type.String({ description: "starting, ready, crashing, exited, unreachable or stopping" }),
  restarts: Type.Integer(),
  startedAt: Type.Union([Type.String(), Type.Null()]),
  lastError: Type.Union([Type.String(), Type.Null()]),
});

export const WorkflowSchema = Type.Object({
  kind: Type.Literal("workflow"),
  name: Type.String(),
  metadata: anyObject,
  breed: Type.Unknown({ description: "{reference: name} or an inline breed" }),
  status: Type.String({ description: "starting, running, stopping, suspending, suspended or restarting" }),
  schedule: Type.Unknown({ description: "daemon, manual, {time}, {event} or {webhook}" }),
  environment_variables: stringMap,
  scale: Type.Object({ cpu: Type.Number(), memory: Type.String(), instances: Type.Integer() }),
  network: Type.String(),
  arguments: Type.Array(stringMap),
  instances: Type.Array(InstanceSchema),
  health: Type.Object({
    staged: Type.Integer(),
    running: Type.Integer(),
    healthy: Type.Integer(),
    unhealthy: Type.Integer(),
  }),
  revision: Type.Integer(),
  deployment: Type.String(),
  message: Type.Union([Type.String(), Type.Null()]),
});

export const EventSchema = Type.Object({
  id: Type.String(),
  source: Type.String(),
  type: Type.String(),
  tags: Type.Array(Type.String()),
  value: Type.Unknown(),
  timestamp: Type.String(),
});

export const LogLineSchema = Type.Object({
  timestamp: Type.String(),
  workflow: Type.String(),
  instance: Type.String(),
  run: Type.String(),
  stream: Type.String(),
  text: Type.String(),
});

export const AppliedSchema = Type.Array(
  Type.Object({
    kind: Type.String(),
    name: Type.String(),
    action: Type.String({ description: "created, updated, unchanged or deleted" }),
    revision: Type.Integer(),
    redeployed: Type.Boolean(),
  }),
);

export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  problems: Type.Optional(
    Type.Array(Type.Object({ path: Type.String(), expected: Type.String(), got: Type.String(), fix: Type.String() })),
  ),
});

const pages = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 30 })),
};
export const PageQuery = Type.Object(pages);
export const EventQueryParameters = Type.Object({
  tag: Type.Optional(Type.Array(Type.String(), { description: "repeat it to require several" })),
  type: Type.Optional(Type.String()),
  ...pages,
});
export const NameParameter = Type.Object({ name: Type.String() });

/** The answers that every route may give beside its own. */
export const refusals = { "4xx": ProblemSchema, "5xx": ProblemSchema };
