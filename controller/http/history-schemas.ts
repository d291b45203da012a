// The shapes of revisions and plans, as run-schemas.ts has those of runs.
import { Type } from "./json-schema.ts";

const count = { minimum: 1 };

export const RevisionSchema = Type.Object({
  revision: Type.Integer(count),
  action: Type.Union([Type.String(), Type.Null()], {
    description: "create, update or delete; null: not known any more",
  }),
  at: Type.String(),
  by: Type.String(),
  changed: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: "paths of what an update changed; null: not known any more",
  }),
  restores: Type.Union([Type.Integer(count), Type.Null()], { description: "of a rollback: what it brought back" }),
  kept: Type.Boolean({ description: "whether its content is still there" }),
  breedRevision: Type.Optional(
    Type.Union([Type.Integer(), Type.Null()], { description: "of a workflow: the breed that it ran with last" }),
  ),
});

export const RevisionParameters = Type.Object({
  name: Type.String(),
  revision: Type.Integer({ ...count, description: "v2 is understood as 2" }),
});
export const RollbackBody = Type.Object({ revision: Type.Integer(count) });

const DifferenceSchema = Type.Object({
  path: Type.String({ description: "dotted" }),
  before: Type.Optional(Type.Unknown()),
  after: Type.Optional(Type.Unknown()),
});

export const PlannedSchema = Type.Object({
  kind: Type.String(),
  name: Type.String(),
  action: Type.String({ description: "created, updated, unchanged or deleted" }),
  revision: Type.Integer({ description: "that it would have" }),
  redeployed: Type.Boolean(),
  diff: Type.Union([Type.Array(DifferenceSchema), Type.Null()], {
    description: "of an update; null: all of them together are too much",
  }),
  warnings: Type.Optional(Type.Array(Type.String())),
});

export const PlanBody = Type.Object({
  files: Type.Array(
    Type.Object({
      name: Type.String({ description: "for the answer" }),
      type: Type.String({ description: "application/json or application/x-yaml" }),
      text: Type.String({ description: "its documents" }),
    }),
  ),
  prune: Type.Optional(Type.Boolean({ default: false, description: "delete what none of the files names" })),
});

export const PlanSchema = Type.Object({
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      changes: Type.Array(PlannedSchema),
      problems: Type.Array(Type.Unknown({ description: "why the file would be refused, as in a Problem" })),
    }),
  ),
  deleted: Type.Union([Type.Array(PlannedSchema), Type.Null()], {
    description: "null without prune, and when a file is refused: nothing would be deleted then",
  }),
});
