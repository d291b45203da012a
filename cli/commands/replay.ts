// Replays events of the past to a workflow, part by part, at a pace. The controller keeps nothing for it:
//
//   R1. A part is repeated until it is answered, so a controller that restarts meanwhile is waited for. What is stored already is
//       not stored again.
//   R2. Ctrl-C, and a refusal in the middle, end it with how far it came and how to go on.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, Refused, Unreachable } from "../failure.ts";
import { serialised } from "../format.ts";
import type { Session } from "../session.ts";
import { type Preview, type ReplayQuery, type Replayed, nextPart, previewPart, progressOf } from "../replay-api.ts";

/** Events of one part: a pace of more is many parts a second. */
const partMax = 100;
const previewedAtOnce = 500;
const retryWaitMs = 1_000;
const progressEveryMs = 5_000;

export type ReplayOptions = {
  /** Null: go on with the replay of this id instead. */
  readonly query: Partial<ReplayQuery> | null;
  readonly continued: string | null;
  /** Runs a second. */
  readonly rate: number;
  readonly dry: boolean;
  readonly json: boolean;
};

export async function replay(session: Session, workflow: string, options: ReplayOptions): Promise<void> {
  if (options.dry) return list(session, workflow, options.query ?? {}, options.json);
  const begun = await beginning(session, workflow, options);
  session.say(`replay ${begun.replay} of ${workflow}${begun.about}: ${options.rate} runs a second; Ctrl-C stops it`);
  await give(session, workflow, begun, options);
}

type Begun = {
  readonly replay: string;
  readonly query: ReplayQuery;
  readonly after: number | null;
  readonly about: string;
};

async function beginning({ api }: Session, workflow: string, { query, continued }: ReplayOptions): Promise<Begun> {
  if (continued !== null) {
    const { query: asked, after, stored } = await progressOf(api, workflow, continued);
    return { replay: continued, query: asked, after, about: `, behind its first ${counted(stored, "event")}` };
  }
  // Moments such as "1h" become instants here, so that every part asks for the same.
  const { query: asked, total, totalIsExact } = await previewPart(api, workflow, { ...query, limit: 1, after: null });
  const about = total === null ? "" : `, ${totalIsExact ? "at most" : "more than"} ${counted(total, "event")}`;
  return { replay: `p-${crypto.randomUUID().slice(0, 13)}`, query: asked, after: null, about };
}

type Sum = { runs: number; known: number; own: number; loop: number };

async function give(
  session: Session,
  workflow: string,
  begun: Begun,
  { rate, json, continued }: ReplayOptions,
): Promise<void> {
  const { replay: id, query } = begun;
  const signal = session.interruption();
  const sum: Sum = { runs: 0, known: 0, own: 0, loop: 0 };
  const limit = Math.min(rate, partMax);
  let { after } = begun;
  let toldAtMs = performance.now();
  let isTold = false;
  const stopped = (): string => interrupted(workflow, id, sum, continued !== null);
  for (;;) {
    const beganMs = performance.now();
    const part = await persistently(session, signal, () =>
      nextPart(session.api, workflow, { replay: id, ...query, after, limit }),
    ).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      throw new Failure(`${error.message}\n${stopped()}`);
    });
    if (part === null) throw new Failure(stopped());
    after = part.after;
    add(sum, part);
    if (part.state === "over") break;
    if (part.state === "waiting" && !isTold)
      session.say(`${part.queued} runs of ${workflow} wait; going on when there are fewer`);
    isTold = part.state === "waiting";
    if (performance.now() - toldAtMs >= progressEveryMs) {
      toldAtMs = performance.now();
      session.say(`${counted(sum.runs, "run")} so far`);
    }
    const paceMs =
      part.state === "waiting" ? retryWaitMs : (part.stored / rate) * 1_000 - (performance.now() - beganMs);
    await pause(paceMs, signal);
    if (signal.aborted) throw new Failure(stopped());
  }
  if (json) session.print(serialised({ replay: id, workflow, query, ...sum }, "json"));
  else session.print(`replay ${id}: ${counted(sum.runs, "run")} of ${workflow}${restText(sum)}\n`);
}

/** Null when it was interrupted first. */
async function persistently<T>({ say }: Session, signal: AbortSignal, ask: () => Promise<T>): Promise<T | null> {
  let away = false;
  while (!signal.aborted) {
    try {
      const answer = await ask();
      if (away) say("the controller answers again");
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable) && !(error instanceof Refused && error.status === 503)) throw error;
      if (!away)
        say(`the controller is gone (${error instanceof Unreachable ? error.reason : error.message}); waiting for it`);
      away = true;
      await pause(retryWaitMs, signal);
    }
  }
  return null;
}

/** Every event that it would give, a line each. */
async function list(
  { api, print, say }: Session,
  workflow: string,
  query: Partial<ReplayQuery>,
  json: boolean,
): Promise<void> {
  const sum: Sum = { runs: 0, known: 0, own: 0, loop: 0 };
  let after: number | null = null;
  let asked = query;
  do {
    const part: Preview = await previewPart(api, workflow, { ...asked, after, limit: previewedAtOnce });
    asked = part.query;
    after = part.after;
    add(sum, { stored: part.events.length, known: 0, passedOver: part.passedOver });
    for (const event of part.events) {
      const { id, timestamp, type, source, tags } = event;
      print(json ? `${JSON.stringify(event)}\n` : `${[timestamp, type, source, tags.join(","), id].join("  ")}\n`);
    }
  } while (after !== null);
  say(`${counted(sum.runs, "event")} would set off a run of ${workflow} each${restText(sum)}; nothing was stored`);
}

function add(sum: Sum, { stored, known, passedOver }: Pick<Replayed, "stored" | "known" | "passedOver">): void {
  sum.runs += stored;
  sum.known += known;
  sum.own += passedOver.own;
  sum.loop += passedOver.loop;
}

function restText({ known, own, loop }: Sum): string {
  const parts = [
    known > 0 && `${known} had been replayed before`,
    own > 0 && `${counted(own, "event")} of Drover's own passed over (--type names them)`,
    loop > 0 && `${loop} kept back by the rules against loops`,
  ].filter(Boolean);
  return parts.length === 0 ? "" : `; ${parts.join("; ")}`;
}

function interrupted(workflow: string, id: string, { runs, known }: Sum, isContinued: boolean): string {
  if (runs + known === 0 && !isContinued) return "the replay stopped before its first run";
  return `replay ${id} stopped after ${counted(runs, "run")}; go on with: drover replay ${workflow} --continue ${id}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
