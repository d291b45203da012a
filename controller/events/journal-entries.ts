// What lies in the journal of batches, and what is to become of it. Pure.
import { batchPartSubject } from "../../bus/subjects.ts";

/** A batch of which one part or more is in the journal. */
export type JournalBatch = {
  /** The installation whose controller recorded it. */
  readonly owner: string;
  readonly batch: string;
  /** How many parts are there, of how many. */
  readonly parts: number;
  readonly of: number;
};

/** `leave`: somebody is storing it. `finish`: publish what is missing. `drop`: it was never recorded whole, or is stored. */
export type JournalStep = "leave" | "finish" | "drop";

/** Out of the subjects of all parts; what is no part is passed over. */
export function batchesIn(subjects: readonly string[]): readonly JournalBatch[] {
  const found = new Map<string, JournalBatch>();
  for (const subject of subjects) {
    const [, owner = "", batch = "", , of = ""] = subject.split(".");
    const parts = (found.get(batch)?.parts ?? 0) + 1;
    if (/^\d{1,3}$/.test(of))
      found.set(batch, { owner: decodeURIComponent(owner), batch: decodeURIComponent(batch), parts, of: Number(of) });
  }
  return [...found.values()];
}

export function subjectsOf({ owner, batch, of }: JournalBatch): readonly string[] {
  return Array.from({ length: of }, (_, place) => batchPartSubject(owner, batch, place + 1, of));
}

/** Nobody but this process works on what this installation recorded; of others, nobody may any more after a while. */
export function journalStep(
  { owner, parts, of }: JournalBatch,
  now: {
    readonly installation: string;
    readonly isUnderWay: boolean;
    readonly ageMs: number;
    readonly foreignAgeMs: number;
  },
): JournalStep {
  const isForeign = owner !== now.installation;
  if (isForeign ? now.ageMs < now.foreignAgeMs : now.isUnderWay) return "leave";
  return parts === of ? "finish" : "drop";
}
