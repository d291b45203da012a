// The shapes of runs, slots, traces and keys, as schemas.ts has those of artifacts and events.
import { Type } from "./json-schema.ts";

const textOrNull = Type.Union([Type.String(), Type.Null()]);
const integerOrNull = Type.Union([Type.Integer(), Type.Null()]);

const states = ["queued", "started", "completed", "failed", "timed-out", "stopped", "dead", "skipped", "refused"];
export const RunStateSchema = Type.String({ enum: states });

const OutcomeSchema = Type.Union(
  [
    Type.Object({
      kind: Type.String({ description: "completed, failed, timed-out, stopped, dead, skipped or refused" }),
      exitCode: Type.Optional(integerOrNull),
      signal: Type.Optional(Type.String()),
      result: Type.Optional(Type.Unknown({ description: "what a handler returned, or a script gave to api.result" })),
      error: Type.Optional(Type.Object({ message: Type.String(), stack: Type.Optional(Type.String()) })),
      afterMs: Type.Optional(Type.Integer()),
      reason: Type.Optional(Type.String()),
      last: Type.Optional(Type.Unknown({ description: "of a dead letter: how its last attempt ended, or null" })),
    }),
    Type.Null(),
  ],
  { description: "how it ended; null while it has not" },
);

const AttemptStateSchema = Type.String({
  enum: [...states, "lost"],
  description: "as of a run; lost: it started, and its container or host died before it said how it ended",
});

const attempt = {
  attempt: Type.Integer({ description: "from 1" }),
  state: AttemptStateSchema,
  revision: integerOrNull,
  instance: textOrNull,
  startedAt: textOrNull,
  finishedAt: textOrNull,
  outcome: OutcomeSchema,
  again: Type.Union([Type.String(), Type.Null()], { description: "when it is given again; null: it is not" }),
};

const Run = Type.Object(
  {
    id: Type.String(),
    workflow: Type.String(),
    trigger: Type.String({ description: "daemon, time, event, webhook, manual or replay" }),
    replay: Type.Optional(Type.String({ description: "the replay that it is part of" })),
    cause: Type.Union([Type.String(), Type.Null()], { description: "the event that set it off" }),
    hops: Type.Integer({ description: "runs in the chain of causes up to and with this one" }),
    about: Type.Union([Type.String(), Type.Null()], {
      description: "the run that the event was about that set it off; null for any other event",
    }),
    slot: Type.Union([Type.String(), Type.Null()], { description: "the due time, for a run of a time schedule" }),
    stopping: Type.Union([Type.String(), Type.Null()], {
      description: "why it is to end before its time, until it has; null: it is not to",
    }),
    deployment: textOrNull,
    queuedAt: textOrNull,
    ...attempt,
    state: RunStateSchema,
    attempt: Type.Integer({ description: "of the last attempt that was made; 0 while none was" }),
    turn: Type.Integer({ description: "as attempt, and one more when the run ended while it waited" }),
    attempts: Type.Array(Type.Object(attempt)),
  },
  { $id: "Run" },
);

const Triggered = Type.Object(
  {
    event: Type.String({ description: "the id of the event; it is durable" }),
    run: Type.String({ description: "the id of the run that it sets off; it is queued at once, and known here soon" }),
  },
  { $id: "Triggered" },
);

const Slot = Type.Object(
  {
    workflow: Type.String(),
    due: Type.String(),
    outcome: Type.String({ description: "ran, skipped, missed or coalesced" }),
    reason: textOrNull,
    run: Type.Union([Type.String(), Type.Null()], { description: "the run that it set off" }),
    revision: Type.Integer(),
    count: Type.Integer({ description: "1; more for a long stretch of slots that is reported as one" }),
    from: textOrNull,
    event: Type.String(),
  },
  { $id: "Slot" },
);

const UpcomingSlot = Type.Object(
  {
    due: Type.String({ description: "ISO 8601 in UTC" }),
    local: Type.String({ description: "ISO 8601 as the clock on the wall shows it" }),
    note: Type.Union([Type.Literal("dst-gap"), Type.Literal("dst-overlap"), Type.Null()], {
      description:
        "dst-gap: that local time does not exist, the slot is put off; dst-overlap: it occurs twice, the first counts",
    }),
  },
  { $id: "UpcomingSlot" },
);

const eventsOrRuns = Type.Array(Type.Unknown({ description: "nodes of the other kind, each with what it led to" }));
const cut = Type.Boolean({ description: "something is left out" });
const TraceNode = Type.Union([
  Type.Object({
    kind: Type.Literal("event"),
    id: Type.String(),
    type: Type.String(),
    source: Type.String(),
    tags: Type.Array(Type.String()),
    timestamp: Type.String(),
    runs: eventsOrRuns,
    replays: Type.Array(Type.Unknown({ description: "nodes of events of type replay about it" })),
    cut,
  }),
  Type.Object({
    kind: Type.Literal("run"),
    id: Type.String(),
    workflow: Type.String(),
    state: RunStateSchema,
    trigger: Type.String(),
    attempt: Type.Integer(),
    hops: Type.Integer(),
    queuedAt: textOrNull,
    startedAt: textOrNull,
    finishedAt: textOrNull,
    events: eventsOrRuns,
    cut,
  }),
]);
const Trace = Type.Object({ asked: Type.String(), root: TraceNode, cut }, { $id: "Trace" });

const Key = Type.Object({ name: Type.String(), createdAt: Type.String(), by: Type.String() }, { $id: "Key" });

/** Named shapes, registered once; routes refer to them. */
export const runSchemas = [Run, Triggered, Slot, UpcomingSlot, Trace, Key];

export const RunSchema = Type.Ref("Run");
export const TriggeredSchema = Type.Ref("Triggered");
export const SlotSchema = Type.Ref("Slot");
export const UpcomingSlotSchema = Type.Ref("UpcomingSlot");
export const KeySchema = Type.Ref("Key");
export const TraceSchema = Type.Ref("Trace");
export const IdParameter = Type.Object({ id: Type.String() });
