// Looks at all of stream RUNS, when a controller starts or finds its server again: which workflows have work, and which
// messages are of runs that are over (waiting-runs.ts W1) and only take room.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { allRuns, ownerOf, runsStream } from "../../bus/subjects.ts";
import { isOver } from "../../model/run.ts";
import { idsMax } from "../events/questions.ts";
import type { Backlog } from "./backlog.ts";
import type { RunHistory, RunRecord } from "./history.ts";
import { inSlices } from "./in-slices.ts";
import { queuedMoment } from "./known-runs.ts";
import { workIn } from "./run-consumers.ts";
import { isLater } from "./run-record.ts";
import type { WaitingRuns } from "./waiting-runs.ts";

export type SurveyParts = {
  readonly nc: NatsConnection;
  readonly backlog: Backlog;
  readonly waiting: WaitingRuns;
  readonly history: Pick<RunHistory, "runsById" | "streamEnd">;
};

type Place = { readonly workflow: string; readonly run: string };

/**
 * Puts the backlog right. When the consumers account for every message, that is all; else every subject is looked at, which
 * the server lists by 100,000 (0.3 s). Rejects when the history cannot be asked: everything is then counted as work.
 */
export async function survey(parts: SurveyParts): Promise<void> {
  const jsm = await jetstreamManager(parts.nc, { checkAPI: false });
  const counted = new Map<string, number>();
  const ends = new Map(parts.backlog.workflows().map((workflow) => [workflow, parts.backlog.counting(workflow)]));
  for await (const info of jsm.consumers.list(runsStream)) {
    if (info.config.durable_name !== undefined) counted.set(decodeURIComponent(info.config.durable_name), workIn(info));
  }
  const { state } = await jsm.streams.info(runsStream);
  const accounted = [...counted.values()].reduce((sum, count) => sum + count, 0);
  if (accounted >= state.messages) return report(counted);

  const { state: all } = await jsm.streams.info(runsStream, { subjects_filter: allRuns() });
  const places = Object.keys(all.subjects ?? {}).map(placeOf);
  counted.clear();
  for (const { workflow } of places) counted.set(workflow, (counted.get(workflow) ?? 0) + 1);
  try {
    for (const { workflow } of await removeFinished(parts, places))
      counted.set(workflow, (counted.get(workflow) ?? 1) - 1);
  } finally {
    report(counted);
  }

  function report(found: ReadonlyMap<string, number>): void {
    for (const [workflow, end] of ends) end(found.get(workflow) ?? 0);
    for (const [workflow, count] of found) if (!ends.has(workflow)) parts.backlog.counting(workflow)(count);
  }
}

/** Removes the messages of runs that are over, and returns where they were. */
async function removeFinished({ history, waiting }: SurveyParts, places: readonly Place[]): Promise<Place[]> {
  const removed: Place[] = [];
  const end = await history.streamEnd();
  for (let from = 0; from < places.length; from += idsMax) {
    const some = places.slice(from, from + idsMax);
    const records = await history.runsById(
      some.map(({ run }) => run),
      end,
    );
    const over = records.filter((record) => isOver(record));
    const gone = await inSlices(over, async (record) => ((await removeFormer(waiting, record)) ? record : null));
    for (const record of gone) if (record) removed.push({ workflow: record.workflow, run: record.id });
  }
  return removed;
}

/** A run that is given again has the same subject: its message stays. */
async function removeFormer(waiting: WaitingRuns, record: RunRecord): Promise<boolean> {
  const held = await waiting.find(record.workflow, record.id);
  return held !== null && isLater(record, queuedMoment(held.run)) && waiting.remove(held.seq);
}

/** `run.hello.r-7f3a` → hello, r-7f3a */
function placeOf(subject: string): Place {
  return { workflow: ownerOf(subject), run: decodeURIComponent(subject.split(".", 3)[2] ?? "") };
}
