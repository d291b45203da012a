import { expect, test } from "vitest";
import { parseArtifact, parseArtifactName, pluralKind, singularKind } from "../../model/artifact.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const breed = { name: "a", deployable: "nginx" };
const workflow = { name: "w", breed: "a", schedule: "daemon", status: "suspended" };
const anyKind = { at: "document 2", kind: null } as const;

test("a document among many says its kind in the singular or the plural", () => {
  for (const kind of ["breed", "breeds"]) {
    expect(valueOf(parseArtifact({ kind, ...breed }, anyKind))).toMatchObject({
      kind: "breed",
      name: "a",
      breed: { kind: "breed" },
    });
  }
  for (const kind of ["workflow", "workflows"]) {
    expect(valueOf(parseArtifact({ kind, ...workflow }, anyKind))).toMatchObject({
      kind: "workflow",
      name: "w",
      status: "suspended",
    });
  }
});

test("a name in the address may be left out of the body", () => {
  const { name, ...nameless } = breed;
  expect(valueOf(parseArtifact(nameless, { at: "", kind: "breed", name }))).toMatchObject({ name });
  expect(valueOf(parseArtifact(breed, { at: "", kind: "breed", name }))).toMatchObject({ name });
});

test.for<[raw: unknown, problem: string]>([
  [breed, 'document 2.kind: expected "breed", "workflow", "breeds" or "workflows", got nothing; write "breed"'],
  [
    { ...breed, kind: "bread" },
    'document 2.kind: expected "breed", "workflow", "breeds" or "workflows", got "bread"; write "breed"',
  ],
  [
    { ...breed, kind: "workfow" },
    'document 2.kind: expected "breed", "workflow", "breeds" or "workflows", got "workfow"; write "workflow"',
  ],
  ["x", 'document 2: expected a breed or a workflow, got "x"; write an object with "name" and the rest'],
  [
    { ...breed, kind: "breed", deployable: "a b" },
    'document 2.breed.deployable: expected the reference of an image, got "a b"; write one such as "magneticio/vamp:1.0", in lower case and without spaces',
  ],
])("%j is refused", ([raw, problem]) => {
  expect(problemsOf(parseArtifact(raw, anyKind))).toStrictEqual([problem]);
});

test("a body that contradicts its address is refused along with its other problems", () => {
  expect(
    problemsOf(parseArtifact({ ...breed, kind: "workflow", name: "b" }, { at: "", kind: "breed", name: "a" })),
  ).toStrictEqual([
    'breed.name: expected the name in the address, "a", got Inconsistent name: "b"; make them agree, or leave it out of the body',
    'breed.kind: expected "breed" or "breeds", got "workflow"; write "breed"',
  ]);
});

test("for a deletion only kind and name matter", () => {
  expect(valueOf(parseArtifactName({ kind: "workflows", name: "w", schedule: 7 }, anyKind))).toStrictEqual({
    kind: "workflow",
    name: "w",
  });
  expect(problemsOf(parseArtifactName({ kind: "breed" }, anyKind))[0]).toContain(
    "document 2.breed.name: expected a name",
  );
});

test("kinds have a singular and a plural", () => {
  expect(["breed", "breeds", "gateways"].map(singularKind)).toStrictEqual(["breed", "breed", null]);
  expect(pluralKind("workflow")).toBe("workflows");
});
