// The short version of `npm run faults`: every kind of part is killed at least once under load, frozen, cut off and left without room
// on its disk (I1, I2, I3, I4, I9).
import { expect, test } from "vitest";
import { runFaults } from "./faults.ts";
import { faultsNamed } from "./table.ts";

const short = { seed: 7, eventsPerSecond: 20, holdSecondsMax: 3, stopSeconds: 0 };

test(
  "every accepted event and every slot ends in one completed run, whatever is killed",
  { timeout: 300_000 },
  async ({ signal }) => {
    const names = ["kill-controller", "kill-nats-server", "kill-agent", "kill-runner", "kill-index", "kill-two"];
    const plan = { ...short, seconds: 24, everySeconds: 4, faults: faultsNamed(names), apart: false };
    const report = await runFaults(plan, () => {}, signal);
    expect(report.wrong.slice(0, 20), JSON.stringify(report.done)).toEqual([]);
    expect(report.done.length).toBeGreaterThanOrEqual(names.length);
  },
);

test(
  "and whatever freezes, is cut off, finds no room on the disk or comes all at once",
  { timeout: 300_000 },
  async ({ signal }) => {
    const names = ["freeze-controller", "freeze-nats", "freeze-agent", "restart-nats", "partition", "disk-full"];
    const faults = faultsNamed([...names, "slow-consumers", "many-workflows"]);
    const report = await runFaults({ ...short, seconds: 0, everySeconds: 1, faults, apart: true }, () => {}, signal);
    expect(report.wrong.slice(0, 20), JSON.stringify(report.done)).toEqual([]);
    expect(report.done.length).toBe(faults.length);
  },
);
