// The next slots of time schedules, of a workflow that the controller has or of workflows in files.
import { parseArtifact } from "../../model/artifact.ts";
import { readDocuments } from "../../model/documents.ts";
import { problemText } from "../../model/problem.ts";
import type { TimeSchedule } from "../../model/schedule.ts";
import { type UpcomingSlot, upcomingSlots } from "../../model/upcoming-slots.ts";
import { readSources, type Source } from "../documents.ts";
import { Failure } from "../failure.ts";
import { serialised } from "../format.ts";
import { jitterText } from "../schedule-text.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

export type PreviewOptions = {
  readonly timezone: string | null;
  /** ISO 8601 instant; null: now. */
  readonly from: string | null;
  readonly count: number;
  readonly json: boolean;
};

/** Of a workflow that the controller has. */
export async function previewStored(
  session: Session,
  name: string,
  { json, ...options }: PreviewOptions,
): Promise<void> {
  const upcoming = await session.api.nextSlots(name, options);
  const { schedule, status } = await session.api.workflow(name);
  if (typeof schedule === "object" && "time" in schedule) remark(session, { name, time: schedule.time });
  if (status === "suspended" || status === "suspending")
    session.say(`${name} is suspended: its slots are skipped until drover resume ${name}`);
  session.print(json ? serialised(upcoming, "json") : previewTable(upcoming));
}

/** Of the workflows in files, as if they were applied now, or at an earlier moment that is looked from; no controller is asked. */
export async function previewFiles(
  session: Session,
  paths: readonly string[],
  { json, from, count, timezone }: PreviewOptions,
): Promise<void> {
  const found = (await readSources(paths)).flatMap(timesIn);
  if (found.length === 0) throw new Failure("-f: no workflow with a time schedule in there");
  const nowMs = Date.now();
  const fromMs = from === null ? nowMs : Date.parse(from);
  const zone = timezone === null ? {} : { timezone };
  const previews = found.map(({ workflow, time }) => ({
    workflow,
    slots: upcomingSlots(time, { scheduledAtMs: Math.min(nowMs, fromMs), fromMs, count, ...zone }),
  }));
  for (const { workflow: name, time } of found) remark(session, { name, time });
  const { print } = session;
  if (json) return print(serialised(previews.length === 1 ? (previews[0]?.slots ?? []) : previews, "json"));
  for (const { workflow, slots: upcoming } of previews) {
    print(previews.length === 1 ? previewTable(upcoming) : `${workflow}\n${previewTable(upcoming)}\n`);
  }
}

/** What the table does not show. */
function remark({ say }: Session, { name, time }: { name: string; time: TimeSchedule }): void {
  const jitter = jitterText(time);
  if (jitter !== null) say(`slots of ${name}: ${jitter}`);
}

function timesIn({ name, type, text }: Source): { workflow: string; time: TimeSchedule }[] {
  const documents = readDocuments(text, type === "application/json" ? "json" : "yaml");
  if (!documents.ok) throw new Failure(documents.problems.map((one) => `${name}: ${problemText(one)}`).join("\n"));
  return documents.value.flatMap((document) => {
    const parsed = parseArtifact(document.value, { at: document.path, kind: null });
    if (!parsed.ok) throw new Failure(parsed.problems.map((one) => `${name}: ${problemText(one)}`).join("\n"));
    if (parsed.value.kind !== "workflow") return [];
    const { name: workflow, schedule } = parsed.value.workflow;
    return typeof schedule === "object" && "time" in schedule ? [{ workflow, time: schedule.time }] : [];
  });
}

const notes = {
  "dst-gap": "DST: this local time does not exist; put off to the first that does",
  "dst-overlap": "DST: this local time occurs twice; due at the first",
} as const;

function previewTable(upcoming: readonly UpcomingSlot[]): string {
  if (upcoming.length === 0) return "no slot is due any more\n";
  return table(
    ["LOCAL", "UTC", "NOTE"],
    upcoming.map(({ due, local, note }) => [local, due, note === null ? "" : notes[note]]),
  );
}
