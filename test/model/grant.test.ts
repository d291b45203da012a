import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Grant, grantCovers, isInScope, permissions } from "../../model/grant.ts";
import { matchesPattern, patternCovers } from "../../model/name-pattern.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { problemsOf, valueOf } from "./parsed.ts";

describe("a pattern of names", () => {
  test.each([
    ["shop", "shop", true],
    ["shop", "shops", false],
    ["shop-*", "shop-", true],
    ["shop-*", "shop-a", true],
    ["shop-*", "a-shop-a", false],
    ["*-test", "a-test", true],
    ["*-test", "a-test-b", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["*", "anything", true],
    ["**", "", true],
    ["shop.*", "shopping", false],
  ])("%s and the name %s: %s", (pattern, name, fits) => {
    expect(matchesPattern(pattern, name)).toBe(fits);
  });

  test("matches what a regular expression would", () => {
    const word = string({ unit: constantFrom("a", "b", "-"), maxLength: 6 });
    const pattern = string({ unit: constantFrom("a", "b", "-", "*"), minLength: 1, maxLength: 6 });
    assert(
      property(pattern, word, (one, name) => {
        expect(matchesPattern(one, name)).toBe(new RegExp(`^${one.replaceAll("*", ".*")}$`).test(name));
      }),
    );
  });

  test("covers another one only when it matches every name that the other does", () => {
    const pattern = string({ unit: constantFrom("a", "b", "*"), minLength: 1, maxLength: 5 });
    const word = string({ unit: constantFrom("a", "b"), maxLength: 8 });
    assert(
      property(pattern, pattern, word, (wide, narrow, name) => {
        const isOut = patternCovers(wide, narrow) && matchesPattern(narrow, name) && !matchesPattern(wide, name);
        expect(isOut).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  test("with very many stars, against a name that almost fits, is decided by one look at each part", () => {
    expect(matchesPattern("*a".repeat(30_000), `${"a".repeat(60_000)}b`)).toBe(false);
  });
});

describe("a grant", () => {
  const grant = (role: Grant["role"], ...workflows: string[]): Grant => ({
    role,
    workflows: workflows.length === 0 ? null : workflows,
  });

  test.each<[Grant, Grant, boolean]>([
    [grant("admin"), grant("operator"), true],
    [grant("operator"), grant("viewer", "shop-*"), true],
    [grant("operator", "shop-*"), grant("viewer", "shop-a", "shop-b*"), true],
    [grant("operator", "shop-*"), grant("viewer", "*"), false],
    [grant("operator", "shop-*"), grant("viewer"), false],
    [grant("viewer"), grant("operator", "shop-*"), false],
    [grant("viewer"), grant("emitter"), false],
    [grant("emitter"), grant("viewer"), false],
  ])("%j covers %j: %s", (wide, narrow, covers) => {
    expect(grantCovers(wide, narrow)).toBe(covers);
  });

  test("without patterns is about everything, with an empty list about nothing", () => {
    expect([isInScope(null, "a"), isInScope([], "a"), isInScope(["b", "a"], "a")]).toEqual([true, false, true]);
  });
});

describe("the permissions of a workflow", () => {
  test("are a role, or a role with patterns, and are kept as they are", () => {
    expect(valueOf(permissions("operator", "permissions"))).toEqual({ role: "operator" });
    const given = { role: "viewer", workflows: ["shop-*"] };
    const { workflow } = valueOf(parseWorkflow({ name: "a", breed: "b", schedule: "manual", permissions: given }));
    expect(workflow.permissions).toEqual(given);
  });

  test.each([["admin"], ["emitter"], [{ role: "admin" }], [{ role: "viewer", workflows: ["a b"] }], [["operator"]]])(
    "%j is refused",
    (raw) => {
      expect(problemsOf(permissions(raw, "permissions"))).not.toEqual([]);
    },
  );
});
