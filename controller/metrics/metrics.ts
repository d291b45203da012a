// What a scrape gets: every part of the controller is asked at once, and each that does not answer in time is away, which one
// gauge says; the others are told all the same.
//
//   M1. What was asked within keptMs is told again: many scrapers cost as much as one.
//   M2. A scrape never fails, and takes no longer than partMsMax.
import { setTimeout as delay } from "node:timers/promises";
import { type Exposing, type Exposition, loadExposing } from "./exposition.ts";
import { type Family, gauge } from "./family.ts";

const keptMs = 1_000;
const partMsMax = 2_000;

/** `up`: whether the part, which answered, says that it works; true when it is left out. */
export type PartAnswer = { readonly families: readonly Family[]; readonly up?: boolean };
export type Parts = Readonly<Record<string, () => Promise<PartAnswer> | PartAnswer>>;

export type Metrics = {
  /** `more`: families that are known without asking. */
  scrape(more: readonly Family[]): Promise<Exposition>;
};

export function createMetrics(parts: Parts, nowMs: () => number): Metrics {
  let exposing: Promise<Exposing> | null = null;
  let kept: { readonly atMs: number; readonly families: Promise<Family[]> } | null = null;

  return {
    async scrape(more) {
      if (kept === null || nowMs() - kept.atMs >= keptMs) kept = { atMs: nowMs(), families: askAll(parts) };
      exposing ??= loadExposing();
      const [expose, families] = await Promise.all([exposing, kept.families]);
      return expose([...families, ...more]);
    },
  };
}

async function askAll(parts: Parts): Promise<Family[]> {
  const asked = await Promise.all(
    Object.entries(parts).map(async ([name, ask]) => ({ name, answer: await inTime(ask) })),
  );
  const up = asked.map(({ name, answer }) => ({
    labels: { part: name },
    value: Number(answer?.up ?? answer !== null),
  }));
  return [
    ...asked.flatMap(({ answer }) => answer?.families ?? []),
    gauge("drover_part_up", "1 while a part of the controller answers and works.", up),
  ];
}

/** Null when it fails or is late. */
async function inTime(ask: Parts[string]): Promise<PartAnswer | null> {
  const ended = new AbortController();
  try {
    return await Promise.race([
      Promise.resolve().then(ask),
      delay(partMsMax, null, { signal: ended.signal, ref: false }).catch(() => null),
    ]);
  } catch {
    return null;
  } finally {
    ended.abort();
  }
}
