import { expect, test } from "vitest";
import { parseCadence } from "../../agent/cadence.ts";

test.each([
  { environment: {}, periodMs: 0, timeoutMs: 0 },
  {
    environment: { VAMP_WORKFLOW_EXECUTION_PERIOD: "", VAMP_WORKFLOW_EXECUTION_TIMEOUT: "0" },
    periodMs: 0,
    timeoutMs: 0,
  },
  {
    environment: { VAMP_WORKFLOW_EXECUTION_PERIOD: "5", VAMP_WORKFLOW_EXECUTION_TIMEOUT: "0.5" },
    periodMs: 5_000,
    timeoutMs: 500,
  },
])("$environment is a period of $periodMs ms and a limit of $timeoutMs ms", ({ environment, periodMs, timeoutMs }) => {
  expect(parseCadence(environment)).toEqual({ ok: true, value: { periodMs, timeoutMs } });
});

test("everything that is not seconds is named at once, with what came", () => {
  const parsed = parseCadence({ VAMP_WORKFLOW_EXECUTION_PERIOD: "5s", VAMP_WORKFLOW_EXECUTION_TIMEOUT: "-1" });
  expect(parsed).toMatchObject({
    ok: false,
    problems: [
      { path: "VAMP_WORKFLOW_EXECUTION_PERIOD", got: '"5s"' },
      { path: "VAMP_WORKFLOW_EXECUTION_TIMEOUT", got: '"-1"' },
    ],
  });
});

test("more than a timer can wait for is refused", () => {
  expect(parseCadence({ VAMP_WORKFLOW_EXECUTION_PERIOD: "99999999" })).toMatchObject({ ok: false });
});
