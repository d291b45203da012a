// The short version of `npm run faults`: every kind of part is killed at least once under load (I1, I2, I3, I9).
import { expect, test } from "vitest";
import { runFaults } from "./faults.ts";

test(
  "every accepted event and every slot ends in one completed run, whatever is killed",
  { timeout: 240_000 },
  async () => {
    const report = await runFaults(
      { seconds: 24, seed: 7, eventsPerSecond: 100, killEverySeconds: 4, stopSeconds: 0 },
      () => {},
    );
    expect(report.wrong.slice(0, 20), JSON.stringify(report.kills)).toEqual([]);
    expect(new Set(report.kills.map(({ what }) => what.split(" ")[0]))).toEqual(
      new Set(["controller", "nats-server", "agent", "runner"]),
    );
  },
);
