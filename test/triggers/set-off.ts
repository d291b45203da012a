// Which runs one event sets off among a few workflows, and how that is told in one line.
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { type SetOff, runsOf } from "../../controller/triggers/runs-of-event.ts";
import type { Event } from "../../model/event.ts";
import { entryOf, rules } from "./entries.ts";

export const at = "2026-01-01T12:00:00.000Z";

export const workflows = new Map<string, LiveWorkflow>(
  [
    entryOf("orders", { event: { tags: ["order"] } }, { afterSequence: 10 }),
    entryOf("asleep", { event: { tags: ["order"] } }, { status: "suspended" }),
    entryOf("clock", { time: { period: "PT1S", ...rules } }),
    entryOf("hook", { webhook: { key: "k" } }),
    entryOf("daemon", "daemon"),
  ].map((entry) => [entry.artifact.name, entry]),
);

export const event = (over: Partial<Event>): Event => ({
  id: "e1",
  source: "/api",
  type: "event",
  tags: ["order"],
  value: { a: 1 },
  timestamp: at,
  ...over,
});

export function setOff(one: Partial<Event>, { sequence = 11, matching = [] as string[] } = {}): SetOff[] {
  return runsOf(
    { event: event(one), sequence },
    { workflow: (name) => workflows.get(name) ?? null, matching: () => matching, now: () => new Date(at) },
  );
}

export const told = (found: readonly SetOff[]): string[] =>
  found.map((one) =>
    one.kind === "queue" ? `${one.run.workflow} queued` : `${one.report.workflow} ${one.report.state}`,
  );
