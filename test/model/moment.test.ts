import { expect, test } from "vitest";
import { momentOf } from "../../model/moment.ts";

const now = new Date("2026-11-28T12:00:00.000Z");

test.for<[string, string]>([
  ["2026-11-28T10:00:00+02:00", "2026-11-28T08:00:00.000Z"],
  ["2026-11-28", "2026-11-28T00:00:00.000Z"],
  ["now", "2026-11-28T12:00:00.000Z"],
  ["1h", "2026-11-28T11:00:00.000Z"],
  ["now-30s", "2026-11-28T11:59:30.000Z"],
  ["PT1H", "2026-11-28T11:00:00.000Z"],
  ["P1DT30M", "2026-11-27T11:30:00.000Z"],
])("%s is %s", ([written, instant]) => {
  expect(momentOf(written, "since", now)).toEqual({ ok: true, value: instant });
});

test.for(["", "bogus", "1", "1y", "P1M", "P", "2026-02-30", "2026-11", "now-", "P60000D", "99999999w"])(
  "%j is no moment",
  (written) => {
    expect(momentOf(written, "since", now)).toMatchObject({ ok: false, problems: [{ path: "since" }] });
  },
);
