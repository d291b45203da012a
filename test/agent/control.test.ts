import { expect, test } from "vitest";
import { parseControl } from "../../agent/control.ts";

test.each([
  [
    { kind: "drain", instances: ["a", 7, "b"] },
    { kind: "drain", instances: ["a", "b"] },
  ],
  [
    { kind: "cancel", run: "r-1", reason: "enough" },
    { kind: "cancel", run: "r-1", reason: "enough" },
  ],
  [
    { kind: "cancel", run: "r-1" },
    { kind: "cancel", run: "r-1", reason: "it was cancelled" },
  ],
  [{ kind: "drain" }, null],
  [{ kind: "cancel" }, null],
  [{ kind: "dance" }, null],
  [null, null],
])("%j is understood as %j", (said, understood) => {
  expect(parseControl(JSON.stringify(said))).toEqual(understood);
});

test("what is no JSON is not understood", () => {
  expect(parseControl("drain")).toBeNull();
});
