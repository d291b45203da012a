// Events about runs and about what sets them off.
import { slotOutcomes } from "../../../model/slot.ts";
import type { CatalogueEntry } from "./entry.ts";
import { either, fields, list, orNull, words } from "./shape.ts";

const error = fields({ message: "text", "stack?": "text" });
const failed = fields({ kind: words("failed"), exitCode: orNull("integer"), "signal?": "text", error });
const timedOut = fields({ kind: words("timed-out"), afterMs: "integer" });
const outcome = either(
  fields({ kind: words("completed"), exitCode: "integer", "result?": "any" }),
  failed,
  timedOut,
  fields({ kind: words("stopped", "skipped", "refused"), reason: "text" }),
  fields({ kind: words("dead"), reason: "text", last: orNull(either(failed, timedOut)) }),
);
const trigger = words("daemon", "time", "event", "webhook", "manual", "replay");
const run = fields({
  id: "text",
  workflow: "text",
  state: words("queued", "started", "completed", "failed", "timed-out", "stopped", "dead", "skipped", "refused"),
  trigger,
  attempt: "integer",
  cause: orNull("text"),
  hops: "integer",
  about: orNull("text"),
  slot: orNull("instant"),
  "replay?": "text",
  revision: orNull("integer"),
  deployment: orNull("text"),
  instance: orNull("text"),
  queuedAt: orNull("instant"),
  startedAt: orNull("instant"),
  finishedAt: orNull("instant"),
  outcome: orNull(outcome),
  again: orNull("instant"),
});
const event = fields({
  id: "text",
  source: "text",
  type: "text",
  tags: list("text"),
  value: "any",
  timestamp: "instant",
  "run?": "text",
  "cause?": "text",
  "hops?": "integer",
  "attributes?": "any",
});
const queuedRun = fields({
  id: "text",
  workflow: "text",
  trigger,
  event,
  "replay?": fields({ id: "text", event: "text" }),
  hops: "integer",
  slot: orNull("instant"),
  queuedAt: "instant",
  createdAt: orNull("instant"),
  attemptsBefore: "integer",
});

const at = "2026-03-01T09:00:00.000Z";
const id = "r-0123456789abcdef0123456789abcdef";
const order = { id: "3f2c", source: "/api", type: "order", tags: ["shop"], value: { n: 1 }, timestamp: at };

/** Controller and agents tell of runs in the same words. */
const runSources = ["/controller", "/workflows/<name>"];
const example = {
  id,
  workflow: "hello",
  trigger: "event",
  attempt: 1,
  cause: "3f2c",
  hops: 1,
  about: null,
  slot: null,
  revision: 3,
  deployment: "a1b2c3d4e5f6",
  instance: "hello-a1b2c3-drain-0",
  queuedAt: at,
  startedAt: at,
  finishedAt: at,
  again: null,
};
const last = { kind: "failed", exitCode: 1, error: { message: "no such order" } };

export const runEvents: readonly CatalogueEntry[] = [
  {
    type: "run",
    sources: runSources,
    tags: ["runs:<id>", "workflows:<name>"],
    sometimes: ["run:failed", "run:timed-out"],
    kinds: { "run:dead": "a run is given up: a dead letter; a second tag says how its last attempt ended" },
    value: run,
    example: {
      tags: [`runs:${id}`, "runs", "workflows:hello", "workflows", "run:dead", "run:failed", "run"],
      value: { ...example, state: "dead", outcome: { kind: "dead", reason: "it failed", last } },
    },
  },
  {
    type: "run",
    sources: runSources,
    tags: ["runs:<id>", "workflows:<name>"],
    kinds: {
      "run:queued": "a run waits in the queue of its workflow",
      "run:started": "an attempt began",
      "run:completed": "it ended well",
      "run:failed": "an attempt ended badly and is made again at `again`; or a daemon's code ended",
      "run:timed-out": "an attempt took too long, as above",
      "run:stopped": "it was ended, or taken out of the queue, before its time",
      "run:skipped": "it was not to be run: the workflow was suspended",
      "run:refused": "it was not allowed to run: its chain of causes is too long",
    },
    value: run,
    example: {
      tags: [`runs:${id}`, "runs", "workflows:hello", "workflows", "run:completed", "run"],
      value: { ...example, state: "completed", outcome: { kind: "completed", exitCode: 0, result: { ok: true } } },
    },
  },
  {
    type: "slot",
    sources: ["/controller"],
    tags: ["slots:<workflow>", "workflows:<name>"],
    kinds: {
      "slot:ran": "a due time of a schedule set off a run",
      "slot:skipped": "the run before was still under way, or the workflow was suspended",
      "slot:missed": "it was due while no controller watched, and is not made up for",
      "slot:coalesced": "as above, and a later one runs in its place",
    },
    value: fields({
      workflow: "text",
      due: "instant",
      outcome: words(...slotOutcomes),
      reason: orNull("text"),
      run: orNull("text"),
      revision: "integer",
      count: "integer",
      from: orNull("instant"),
    }),
    example: {
      tags: ["slots:hello", "workflows:hello", "slot:ran", "slots", "workflows", "slot"],
      value: { workflow: "hello", due: at, outcome: "ran", reason: null, run: id, revision: 3, count: 1, from: null },
    },
  },
  {
    type: "manual",
    sources: ["/manual/<workflow>"],
    tags: ["manual:<workflow>"],
    kinds: { manual: "somebody asked for a run; the value is what the run is given" },
    value: "any",
    example: { tags: ["manual", "manual:hello"], value: { n: 1 } },
  },
  {
    type: "webhook",
    sources: ["/hooks/<workflow>"],
    tags: ["webhook:<workflow>"],
    kinds: { webhook: "a webhook was called with its key; the value is the body of the call" },
    value: "any",
    example: { tags: ["webhook", "webhook:hello"], value: { ref: "main" } },
  },
  {
    type: "stop",
    sources: ["/controller"],
    tags: ["runs:<id>", "workflows:<name>"],
    kinds: { stop: "a run that is under way is to end: somebody stopped it, or a newer slot takes its place" },
    value: fields({ run: "text", workflow: "text", reason: "text" }),
    example: {
      tags: ["stop", `runs:${id}`, "workflows:hello", "runs", "workflows"],
      value: { run: id, workflow: "hello", reason: "stopped by local" },
    },
  },
  {
    type: "requeue",
    sources: ["/controller"],
    tags: ["runs:<id>", "workflows:<name>"],
    kinds: { requeue: "somebody gave a dead letter again" },
    value: fields({ by: "text", run: queuedRun }),
    example: {
      tags: ["requeue", `runs:${id}`, "workflows:hello", "runs", "workflows"],
      value: {
        by: "local",
        run: {
          id,
          workflow: "hello",
          trigger: "event",
          event: order,
          hops: 1,
          slot: null,
          queuedAt: at,
          createdAt: at,
          attemptsBefore: 1,
        },
      },
    },
  },
  {
    type: "replay",
    sources: ["/replay/<workflow>"],
    tags: ["replays:<replay>", "runs:<id>", "workflows:<name>", "events:<id>"],
    kinds: { replay: "a stored event is given to a workflow once more" },
    value: fields({
      replay: "text",
      by: "text",
      event,
      sequence: "integer",
      query: fields({
        since: "instant",
        until: "instant",
        tags: list("text"),
        type: orNull("text"),
        source: orNull("text"),
      }),
    }),
    example: {
      tags: [
        "replay",
        "replays:again",
        `runs:${id}`,
        "workflows:hello",
        "events:3f2c",
        "replays",
        "runs",
        "workflows",
        "events",
      ],
      value: {
        replay: "again",
        by: "local",
        event: order,
        sequence: 7,
        query: { since: at, until: at, tags: ["shop"], type: null, source: null },
      },
    },
  },
];
