import { describe, expect, test } from "vitest";
import type { TestedEvent } from "../../cli/breed-test-api.ts";
import { completes, expectationOf, mismatchesOf, parseExpectations } from "../../cli/expectation.ts";
import { problemText } from "../../model/problem.ts";
import { event } from "./fixtures.ts";

const tested = (over: Partial<TestedEvent> = {}): TestedEvent => ({
  event: event("e-1", 1),
  run: "test-1-1",
  outcome: { kind: "completed", exitCode: 0, result: { total: 42, items: [{ id: 1, name: "a" }] } },
  tookMs: 5,
  events: [{ ...event("c-1", { n: 1, more: true }), type: "paid", tags: ["order:1", "order"] }],
  eventsRefused: 0,
  output: [],
  ...over,
});
const failed = tested({ outcome: { kind: "failed", exitCode: null, error: { message: "no such order" } }, events: [] });

describe("what is as expected", () => {
  test.each<[string, TestedEvent, object]>([
    ["a run that completes, when nothing is said of it", tested(), {}],
    ["a result of which some fields are named", tested(), { result: { total: 42 } }],
    ["items of a list, each like the one at its place", tested(), { result: { items: [{ id: 1 }] } }],
    ["an event that carries more tags and fields", tested(), { events: [{ tags: ["order"], value: { n: 1 } }] }],
    ["any event where none of its fields is named", tested(), { events: [{}] }],
    ["no events where none are expected", failed, { outcome: "failed", events: [] }],
    ["an error whose message contains the text", failed, { outcome: "failed", error: "no such" }],
    ["a result that is null", tested({ outcome: { kind: "completed", exitCode: 0, result: null } }), { result: null }],
  ])("%s", (_, run, expected) => {
    expect(mismatchesOf(run, { ...completes, ...expected })).toEqual([]);
  });

  test("what happened, written as an expectation and read again", () => {
    for (const run of [tested(), failed, tested({ outcome: { kind: "timed-out", afterMs: 9 } })]) {
      const read = parseExpectations([expectationOf(run)]);
      expect(read.ok && read.value.flatMap((one) => mismatchesOf(run, one))).toEqual([]);
    }
  });
});

describe("what is not", () => {
  const items = [{ id: 1, name: "a" }];
  test.each<[string, TestedEvent, object, unknown]>([
    ["another outcome", failed, {}, [["outcome", "completed", "failed"]]],
    ["a field with another value", tested(), { result: { total: 43 } }, [["result.total", 43, 42]]],
    ["a field that is missing", tested(), { result: { tax: 1 } }, [["result.tax", 1, undefined]]],
    ["a list of another length", tested(), { result: { items: [] } }, [["result.items", [], items]]],
    ["a text that looks like the number", tested(), { result: { total: "42" } }, [["result.total", "42", 42]]],
    ["no result at all", failed, { outcome: "failed", result: 1 }, [["result", 1, undefined]]],
    ["another error", failed, { outcome: "failed", error: "full" }, [["error", "full", "no such order"]]],
    [
      "a tag that is missing",
      tested(),
      { events: [{ tags: ["vip"] }] },
      [["events[0].tags", ["vip"], ["order:1", "order"]]],
    ],
    ["another type", tested(), { events: [{ type: "sent" }] }, [["events[0].type", "sent", "paid"]]],
    [
      "an event too few",
      failed,
      { outcome: "failed", events: [{ type: "paid" }] },
      [["events[0]", { type: "paid" }, undefined]],
    ],
    [
      "an event too many",
      tested(),
      { events: [] },
      [["events[0]", undefined, expect.objectContaining({ type: "paid" })]],
    ],
    [
      "events that were too many to be captured",
      tested({ eventsRefused: 3 }),
      {},
      [["events captured", "all of them", "3 too many"]],
    ],
  ])("%s", (_, run, expected, found) => {
    const mismatches = mismatchesOf(run, { ...completes, ...expected });
    expect(mismatches.map(({ path, expected: wanted, got }) => [path, wanted, got])).toEqual(found);
  });

  test("an expectation that cannot be read names everything that is wrong", () => {
    const read = parseExpectations([{ outcome: "done" }, { events: [{ tag: "a" }], reslt: 1 }]);
    expect(read.ok ? [] : read.problems.map(problemText)).toEqual([
      expect.stringContaining('expected[0].outcome: expected "completed", "failed" or "timed-out", got "done"'),
      expect.stringContaining("expected[1].events[0].tag: expected a field of an expected event (type, tags, value)"),
      expect.stringContaining("expected[1].reslt: expected a field of what is expected of a run"),
    ]);
  });
});
