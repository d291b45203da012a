// The shapes of replays, as run-schemas.ts has those of runs.
import { replayedAtOnceMax } from "../triggers/replay.ts";
import { Type } from "./json-schema.ts";

/** Runs that may wait in the workflow's queue while events are replayed to it: seconds to minutes of its work. */
export const queuedMax = 1_000;

const query = {
  since: Type.String({ description: "ISO 8601 instant, or how long ago: 1h" }),
  until: Type.Optional(Type.String({ description: "not included; now when it is left out" })),
  type: Type.Optional(Type.String({ description: "a topic pattern" })),
  source: Type.Optional(Type.String({ description: "exact, or with one * at its end" })),
  after: Type.Optional(Type.Integer({ description: "behind this place in the stream; what the part before answered" })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: replayedAtOnceMax, default: 50 })),
};
const tags = Type.Optional(Type.Array(Type.String(), { description: "all of them; beside those of its own schedule" }));
export const replayParameters = Type.Object({ ...query, tag: tags });
export const replayBody = Type.Object({
  replay: Type.String({ description: "an id that the caller makes up" }),
  ...query,
  tags,
});

const QuerySchema = Type.Object({
  since: Type.String(),
  until: Type.String(),
  tags: Type.Array(Type.String()),
  type: Type.Union([Type.String(), Type.Null()]),
  source: Type.Union([Type.String(), Type.Null()]),
});
const passedOver = Type.Object(
  { own: Type.Integer(), loop: Type.Integer() },
  {
    description: "own: Drover's own events, as no type or source was named; loop: kept back by the rules against loops",
  },
);
const after = Type.Union([Type.Integer(), Type.Null()], { description: "what to go on behind" });

export const previewed = Type.Object({
  workflow: Type.String(),
  query: QuerySchema,
  total: Type.Union([Type.Integer(), Type.Null()], {
    description: "events that are found, counted up to some thousands; null but for the first part",
  }),
  totalIsExact: Type.Boolean(),
  events: Type.Array(
    Type.Object({
      sequence: Type.Integer(),
      id: Type.String(),
      type: Type.String(),
      source: Type.String(),
      tags: Type.Array(Type.String()),
      timestamp: Type.String(),
    }),
  ),
  passedOver,
  after,
});
export const replayed = Type.Object({
  replay: Type.String(),
  workflow: Type.String(),
  state: Type.String({
    enum: ["stored", "waiting", "over"],
    description: `stored: there is more; waiting: nothing was stored, as ${queuedMax} runs wait; over: this was the last part`,
  }),
  stored: Type.Integer({ description: "events that set off a run each" }),
  known: Type.Integer({ description: "events of this part that had been stored before" }),
  passedOver,
  after,
  queued: Type.Integer({ description: "runs of the workflow that wait, as far as known" }),
});
export const progress = Type.Object({
  replay: Type.String(),
  workflow: Type.String(),
  by: Type.String(),
  query: QuerySchema,
  after: Type.Integer({ description: "what to go on behind" }),
  stored: Type.Integer(),
  last: Type.String({ description: "when its last event was stored" }),
});
