// Events of user code: checked here, stored in the stream, and only then answered with 201. The controller takes no part.
//
//   E1. 201 means stored (invariant I1). Any other answer of this file means: not known to be stored, send it again.
//   E2. While NATS is away a request is held and its event repeated under one message id; nothing is stored twice.
//   E3. The same Idempotency-Key gives the same event id, so a client's own repetition within the stream's duplicate window
//       is stored once as well.
import { createHash, randomUUID } from "node:crypto";
import type { Assignment } from "../bus/assignment.ts";
import { eventSubject } from "../bus/subjects.ts";
import { toCloudEvent } from "../model/cloud-event.ts";
import { type Event, parseEvent } from "../model/event.ts";
import { type Answer, json, problem, unavailable } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { deliver } from "./delivery.ts";
import type { CurrentRun, Status } from "./status.ts";

/** An event is one message; the stream refuses larger ones, and its headers need room too. */
const messageBytesMax = 990_000;
const idempotencyKeyCharsMax = 255;
/** The run history is made of these: it must be able to believe them. */
const reservedTypes = new Set(["run", "slot"]);

export type Submission = {
  readonly body: string;
  readonly idempotencyKey: string | undefined;
  /** The run that the sender says it is; believed when that run is, or was, under way here. */
  readonly run: string | undefined;
  /** How long the request may still be held. */
  readonly holdMs: number;
};

export type EventIntake = { accept(submission: Submission): Promise<Answer> };

export function createEventIntake(connection: Connection, { workflow }: Assignment, status: Status): EventIntake {
  return {
    async accept({ body, idempotencyKey, run, holdMs }) {
      if (idempotencyKey !== undefined && idempotencyKey.length > idempotencyKeyCharsMax) {
        return problem(400, `Idempotency-Key: expected at most ${idempotencyKeyCharsMax} characters`);
      }
      const raw = parseJson(body);
      if (!raw.ok) return problem(400, `the body is not JSON: ${raw.reason}`);
      const parsed = parseEvent(raw.value, () => new Date());
      if (!parsed.ok) return problem(400, "this is not an event", parsed.problems);

      const { type } = parsed.value;
      if (reservedTypes.has(type)) {
        return problem(400, `event.type: events of type "${type}" are Drover's own; choose another type`);
      }

      const id = idempotencyKey === undefined ? randomUUID() : idOf(workflow, idempotencyKey);
      const event: Event = { id, source: `/workflows/${workflow}`, ...parsed.value, ...originOf(status.runOf(run)) };
      const payload = toCloudEvent(event, workflow);
      if (Buffer.byteLength(payload) > messageBytesMax) {
        return problem(413, `this event does not fit into one message of ${messageBytesMax} bytes`);
      }
      const delivery = await deliver(connection, { subject: eventSubject(workflow, event.type), payload, id }, holdMs);
      if (delivery.kind === "stored") return json(201, event);
      status.countEventsLost(1);
      return unavailable(`the event could not be stored: ${delivery.reason}`);
    },
  };
}

/** The id of an event that its sender named; the same for every repetition, and another one for every workflow. */
function idOf(workflow: string, key: string): string {
  return createHash("sha256").update(`${workflow}\0${key}`).digest("hex").slice(0, 32);
}

function originOf(run: CurrentRun | null): Pick<Event, "run" | "cause" | "hops"> {
  if (run === null) return {};
  return {
    run: run.id,
    ...(run.cause === undefined ? {} : { cause: run.cause }),
    ...(run.hops === undefined ? {} : { hops: run.hops }),
  };
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : "no JSON" };
  }
}
