// How deep a JSON text goes.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { isDeeperThan } from "../../model/json-depth.ts";

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Object.values(value).reduce((most: number, one) => Math.max(most, depthOf(one)), 0)
    : 0;

test("it is found for any JSON, whatever brackets and quotes stand in its texts", () => {
  const texts = fc.string({ unit: fc.constantFrom("[", "]", "{", "}", '"', "\\", "a", ",") });
  const values = fc.letrec((tie) => ({
    value: fc.oneof(texts, fc.integer(), fc.array(tie("value")), fc.dictionary(texts, tie("value"))),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(value).padEnd(500);
      const depth = depthOf(value);
      expect(isDeeperThan(depth, text)).toBe(false);
      expect(isDeeperThan(Math.max(0, depth - 1), text)).toBe(depth > 0);
    }),
  );
});

test("an event that nobody could write again is none", () => {
  const deep = (levels: number): string => {
    const head = `"specversion":"1.0","id":"d","source":"x","type":"x","time":"2026-01-01T00:00:00.000Z","tags":"a"`;
    return `{${head},"data":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  };
  expect(fromCloudEvent(deep(999), "w")).toMatchObject({ id: "d" });
  expect(fromCloudEvent(deep(1_000), "w")).toBeNull();
  expect(fromCloudEvent(deep(400_000), "w")).toBeNull();
});
