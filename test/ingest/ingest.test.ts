// The short version of test/ingest/main.ts: every kind of fault at least once while events come in (I1).
import { expect, test } from "vitest";
import { runIngest } from "./ingest.ts";

const seed = Date.now() % 1_000_000;

test(
  `what is accepted is stored and indexed, each once, in order, batches whole or not at all, whatever is killed (seed ${seed})`,
  { timeout: 180_000 },
  async () => {
    const plan = { seconds: 20, seed, senders: 4, faultEverySeconds: 3 };
    const { wrong, faults, counts } = await runIngest(plan, () => {});
    expect(wrong, JSON.stringify({ seed, faults, counts })).toEqual([]);
    expect(new Set(faults.map(({ what }) => what)).size).toBe(5);
    expect(counts["accepted events"]).toBeGreaterThan(0);
  },
);
