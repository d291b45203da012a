// What a webhook and a run by hand have in common: one event, stored durably, that sets off one run whose id is known at once.
//
//   T1. A repeat under one `Idempotency-Key` is the same event and the same run, however much later it comes: JetStream refuses
//       a second copy for two minutes, and what is older is in the history.
//   T2. Nothing is queued here; whoever reads the stream does that, exactly once.
import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { eventValueBytesMax } from "../../model/event-limits.ts";
import { type NewEvent, parseEvent } from "../../model/event.ts";
import { jsonValue } from "../../model/json-value.ts";
import { runIdOf } from "../runs/run-id.ts";
import { idempotentId } from "./idempotency.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";

export type Trigger = { readonly kind: "manual" | "webhook"; readonly workflow: string };

/** What the caller is told: the ids of the event and of the run that it sets off. */
export type Triggered = { readonly event: string; readonly run: string };

/** Both ids, before anything is stored. Throws HttpProblem 400 for an `Idempotency-Key` that is too long. */
export function triggeredBy(request: FastifyRequest, trigger: Trigger): Triggered {
  const event = idempotentId(request, sourceOf(trigger)) ?? randomUUID();
  return { event, run: runIdOf(trigger.workflow, event) };
}

/** Resolves when the event is durable. Throws PublishError when it cannot be, HttpProblem 400 or 413 for its value. */
export async function setOff(
  request: FastifyRequest,
  parts: Pick<HttpParts, "appender" | "history" | "now">,
  { trigger, triggered, value }: { trigger: Trigger; triggered: Triggered; value: unknown },
): Promise<void> {
  const source = sourceOf(trigger);
  const event = eventOf(trigger, value, parts.now);
  if (idempotentId(request, source) !== null) {
    const before = await parts.history.event(triggered.event, await parts.history.streamEnd());
    if (before?.source === source) return;
  }
  await parts.appender.append({ ...event, id: triggered.event, source });
}

/** Only the controller can store events under these sources, so nobody else sets off a workflow in this way. */
function sourceOf({ kind, workflow }: Trigger): string {
  return kind === "manual" ? `/manual/${workflow}` : `/hooks/${workflow}`;
}

function eventOf({ kind, workflow }: Trigger, value: unknown, now: () => Date): NewEvent {
  // First of all: what is nested too deeply cannot even be written down to be measured.
  const plain = jsonValue(value, "body.value");
  if (!plain.ok) throw invalid(plain.problems);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > eventValueBytesMax) {
    throw new HttpProblem(
      "too-large",
      `the value is ${bytes} bytes as JSON, and a run is given at most ${eventValueBytesMax}; send where it is instead`,
    );
  }
  const parsed = parseEvent({ type: kind, tags: [kind, `${kind}:${workflow}`], value }, now, "body");
  if (!parsed.ok) throw invalid(parsed.problems);
  return parsed.value;
}
