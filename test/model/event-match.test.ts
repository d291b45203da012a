import { expect, test } from "vitest";
import { type EventFilter, compileFilter, matches } from "../../model/event-match.ts";

const event = { tags: ["a", "b:c", "b"], type: "order.paid", source: "/workflows/shop" };

test.for<[filter: EventFilter, expected: boolean]>([
  [{}, true],
  [{ tags: ["a", "b"] }, true],
  [{ tags: ["a", "c"] }, false],
  [{ tags: ["a"], type: "order.paid" }, true],
  [{ tags: ["a"], type: "order" }, false],
  [{ tags: ["c"], type: "order.paid" }, false],
  [{ type: "order.*" }, true],
  [{ type: "#.paid" }, true],
  [{ type: "order.#.late" }, false],
  [{ source: "/workflows/shop" }, true],
  [{ source: "/workflows/sho" }, false],
  [{ source: "/workflows/*" }, true],
  [{ source: "*" }, true],
  [{ source: "/api*" }, false],
  [{ tags: ["a"], type: "order.*", source: "/hooks/*" }, false],
])("the filter %j: %j", ([filter, expected]) => {
  expect(matches(filter, event)).toBe(expected);
  expect(compileFilter(filter)(event)).toBe(expected);
});
