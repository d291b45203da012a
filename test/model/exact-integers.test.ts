// Whole numbers that JSON can write and a double cannot keep.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { inexactInteger } from "../../model/exact-integers.ts";

test.each([
  "12345678901234567890",
  "-9007199254740993",
  "[1, 9007199254740993]",
  '{"a": "1\\"", "b":9007199254740993}',
  "9".repeat(400),
])("is found: %s", (text) => {
  expect(inexactInteger(text)).toMatchObject({ fix: expect.stringContaining("quotes") });
});

test.each([
  "9007199254740991",
  "9007199254740992",
  "12345678901234567000",
  "0.30000000000000004",
  "3.141592653589793238",
  "1e1234567890123456",
  '"12345678901234567890"',
  '{"12345678901234567890": "a \\" 12345678901234567890"}',
  `["${"x".repeat(1_000_000)} 12345678901234567890"]`,
])("is no whole number that would change: %.60s", (text) => {
  expect(inexactInteger(text)).toBeNull();
});

test("what JSON.stringify writes is never one", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.double({ noNaN: true }), (value, number) => {
      expect(inexactInteger(JSON.stringify([value, number]))).toBeNull();
    }),
  );
});
