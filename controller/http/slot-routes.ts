// The slots of a time schedule: what became of those that were due, and which come next.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { timeZone } from "../../model/cron.ts";
import { instant } from "../../model/instant.ts";
import type { Parsed, Problem } from "../../model/problem.ts";
import type { TimeSchedule } from "../../model/schedule.ts";
import { shown } from "../../model/shown.ts";
import { type SlotOutcome, slotOutcomes } from "../../model/slot.ts";
import { upcomingSlots } from "../../model/upcoming-slots.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { Type } from "./json-schema.ts";
import { scheduledAtMs } from "./next-slot.ts";
import { pageOf, setPageHeaders } from "./paging.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import { passedFor } from "./run-query.ts";
import { SlotSchema, UpcomingSlotSchema } from "./run-schemas.ts";
import { NameParameter, pages, refusals } from "./schemas.ts";

const countDefault = 10;
/** Cron expressions that are seldom due cost up to a millisecond for each slot. */
const countMax = 1_000;

type Named = { Params: { name: string } };

export function slotRoutes(app: FastifyInstance, parts: HttpParts): void {
  const about = { tags: ["slots"], params: NameParameter };
  const outcome = Type.Optional(Type.String({ enum: slotOutcomes }));
  const recorded = {
    ...about,
    summary: "What became of the slots of a workflow, newest first",
    querystring: Type.Object({ outcome, ...pages }),
    response: { 200: Type.Array(SlotSchema), ...refusals },
  };
  app.get<Named>("/api/v1/workflows/:name/slots", { schema: recorded }, async (request, reply) => {
    const workflow = request.params.name;
    const page = pageOf(request);
    const query = { workflow, outcome: outcomeOf(request), ...page };
    const found = await parts.history.slots(query, await passedFor(request, parts));
    if (found.total === 0) {
      const entry = parts.artifacts.workflows.get(workflow);
      if (!entry) throw unknownWorkflow(workflow);
      timeOf(entry);
    }
    setPageHeaders(request, reply, page, found.total);
    return reply.send(found.slots);
  });

  const upcoming = {
    ...about,
    summary: "The next slots of a workflow's schedule; note says which ones a change of the clocks moves",
    querystring: Type.Object({
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: countMax, default: countDefault })),
      from: Type.Optional(Type.String({ description: "ISO 8601 instant; now when it is left out" })),
      timezone: Type.Optional(Type.String({ description: "of the local times; the schedule's own, or UTC" })),
    }),
    response: { 200: Type.Array(UpcomingSlotSchema), ...refusals },
  };
  app.get<Named>("/api/v1/workflows/:name/slots/next", { schema: upcoming }, (request) => {
    const entry = parts.artifacts.workflows.get(request.params.name);
    if (!entry) throw unknownWorkflow(request.params.name);
    const { count, from, timezone } = previewOf(request);
    return upcomingSlots(timeOf(entry), {
      scheduledAtMs: scheduledAtMs(entry),
      fromMs: from === null ? parts.now().getTime() : Date.parse(from),
      count,
      ...(timezone !== null && { timezone }),
    });
  });
}

function outcomeOf(request: FastifyRequest): SlotOutcome | null {
  const word = parameter(request, "outcome");
  const found = slotOutcomes.find((one) => one === word) ?? null;
  if (word === null || found !== null) return found;
  const expected = `one of ${slotOutcomes.join(", ")}`;
  throw invalid([{ path: "outcome", expected, got: shown(word), fix: `write outcome=${slotOutcomes[0]}` }]);
}

/** Throws HttpProblem 409 for a workflow that has no slots. */
function timeOf({ artifact: { name, schedule } }: LiveWorkflow): TimeSchedule {
  if (typeof schedule === "object" && "time" in schedule) return schedule.time;
  const kind = typeof schedule === "string" ? schedule : Object.keys(schedule)[0];
  throw new HttpProblem(
    "conflict",
    `workflow "${name}": expected a time schedule, got ${kind}; only {time: …} has slots`,
  );
}

/** Throws HttpProblem 400 with everything that is wrong. */
function previewOf(request: FastifyRequest): { count: number; from: string | null; timezone: string | null } {
  const problems: Problem[] = [];
  const read = <T>(parsed: Parsed<T> | null): T | null => {
    if (parsed === null || parsed.ok) return parsed?.value ?? null;
    problems.push(...parsed.problems);
    return null;
  };
  const countText = parameter(request, "count") ?? String(countDefault);
  const count = /^\d{1,4}$/.test(countText) ? Number(countText) : 0;
  if (count < 1 || count > countMax) {
    const expected = `a whole number from 1 to ${countMax}`;
    problems.push({ path: "count", expected, got: shown(countText), fix: `write count=${countDefault}` });
  }
  const fromText = parameter(request, "from");
  // A plus in a query is a space; it stands in offsets such as +02:00.
  const from = read(fromText === null ? null : instant(fromText.replace(" ", "+"), "from"));
  const zoneText = parameter(request, "timezone");
  const timezone = read(zoneText === null ? null : timeZone(zoneText, "timezone"));
  if (problems.length > 0) throw invalid(problems);
  return { count, from, timezone };
}

function unknownWorkflow(name: string): HttpProblem {
  return new HttpProblem("not-found", `there is no workflow "${name}"`);
}
