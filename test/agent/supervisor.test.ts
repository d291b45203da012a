import { expect, test } from "vitest";
import { createStatus } from "../../agent/status.ts";
import { type Execution, supervise } from "../../agent/supervisor.ts";
import type { InstanceReport } from "../../bus/assignment.ts";
import type { Outcome, RunReport } from "../../model/run.ts";
import { scriptAssignment } from "./assignments.ts";
import { jumpingClock } from "./jumping-clock.ts";

const crash: Outcome = { kind: "failed", exitCode: 1, error: { message: "boom", stack: "Error: boom\n    at x" } };

/** Supervises with executions that live and end as told, and are stopped when there are none left. */
async function superviseWith(
  executions: readonly { livedMs: number; outcome: Outcome }[],
  environment: Record<string, string> = {},
) {
  const clock = jumpingClock();
  const assignment = scriptAssignment("", { environment });
  const status = createStatus(assignment, () => clock.now());
  const records: RunReport[] = [];
  const timeouts: number[] = [];
  const reports: InstanceReport[] = [];
  const stopping = new AbortController();
  status.onChange(() => reports.push(status.report), stopping.signal);
  const left = [...executions];
  const execute = ({ timeoutMs }: Execution): Promise<Outcome> => {
    timeouts.push(timeoutMs);
    const next = left.shift();
    if (next === undefined) {
      stopping.abort("enough");
      return Promise.resolve({ kind: "stopped", reason: "enough" });
    }
    clock.jump(next.livedMs);
    return Promise.resolve(next.outcome);
  };
  await supervise(
    assignment,
    environment,
    { clock, status, record: (report) => records.push(report), execute },
    stopping.signal,
  );
  return { waits: clock.waits, records, timeouts, reports };
}

test("a script that keeps crashing is restarted with growing delay, and a long life starts over", async () => {
  const short = { livedMs: 100, outcome: crash };
  const { waits } = await superviseWith([short, short, short, { livedMs: 60_000, outcome: crash }, short]);
  expect(waits).toEqual([3_000, 6_000, 9_000, 0, 3_000]);
});

test("the report of a crashing script says backing-off until when, how often and why", async () => {
  const { reports } = await superviseWith([
    { livedMs: 100, outcome: crash },
    { livedMs: 100, outcome: crash },
  ]);
  const states = reports.map(({ state, restarts, lastError }) => ({ state: state.kind, restarts, lastError }));
  expect(states).toEqual([
    { state: "running", restarts: 0, lastError: null },
    { state: "backing-off", restarts: 0, lastError: "Error: boom" },
    { state: "running", restarts: 1, lastError: "Error: boom" },
    { state: "backing-off", restarts: 1, lastError: "Error: boom" },
    { state: "running", restarts: 2, lastError: "Error: boom" },
  ]);
  expect(reports[1]?.state).toEqual({ kind: "backing-off", until: "2030-01-01T00:00:03.100Z" });
});

test("with a period executions start on its grid, ticks inside a long one are skipped, and none counts as a restart", async () => {
  const completed: Outcome = { kind: "completed", exitCode: 0 };
  const { records, timeouts, reports } = await superviseWith(
    [
      { livedMs: 500, outcome: completed },
      { livedMs: 12_000, outcome: completed },
      { livedMs: 500, outcome: completed },
    ],
    { VAMP_WORKFLOW_EXECUTION_PERIOD: "5", VAMP_WORKFLOW_EXECUTION_TIMEOUT: "60" },
  );
  const starts = records.filter(({ state }) => state === "started").map(({ startedAt }) => startedAt?.slice(17, 23));
  expect(starts).toEqual(["00.000", "05.000", "20.000", "25.000"]);
  expect(timeouts).toEqual([60_000, 60_000, 60_000, 60_000]);
  expect(reports.at(-2)).toMatchObject({ state: { kind: "idle" }, restarts: 0, lastRun: { state: "completed" } });
});

test("every execution is one run with one start and one end, also when it is stopped", async () => {
  const { records } = await superviseWith([{ livedMs: 1, outcome: { kind: "timed-out", afterMs: 1 } }]);
  expect(records.map(({ state }) => state)).toEqual(["started", "timed-out", "started", "stopped"]);
  const [first, second, third, fourth] = records.map(({ id }) => id);
  expect(first).toBe(second);
  expect(third).toBe(fourth);
  expect(first).not.toBe(third);
});

test("a period that is no number is a failed start that says so, tried again ever more rarely", async () => {
  const clock = jumpingClock();
  const environment = { VAMP_WORKFLOW_EXECUTION_PERIOD: "soon" };
  const assignment = scriptAssignment("", { environment });
  const status = createStatus(assignment, () => clock.now());
  const stopping = new AbortController();
  const records: RunReport[] = [];
  const record = (report: RunReport): void => {
    records.push(report);
    if (records.length === 4) stopping.abort();
  };
  const execute = (): Promise<Outcome> => Promise.reject(new Error("must not be executed"));
  await supervise(assignment, environment, { clock, status, record, execute }, stopping.signal);
  expect(records[1]).toMatchObject({ state: "failed", outcome: { exitCode: null } });
  expect(status.report.lastError).toMatch(/^VAMP_WORKFLOW_EXECUTION_PERIOD: expected seconds .* got "soon"/);
  expect(clock.waits).toEqual([3_000]);
});
