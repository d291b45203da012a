// What a package-lock.json must be to be kept with a breed.
import { expect, test } from "vitest";
import { lockTextOf, lockedPackages, packagesIn } from "../../controller/packages/lock.ts";

const fine = { version: "1.0.0", integrity: "sha512-abc" };
const lockOf = (packages: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { "": { dependencies: { a: "1" } }, ...packages } });

test("packages of a registry are kept, and read back as they were", () => {
  const text = lockOf({
    "node_modules/a": fine,
    "node_modules/a/node_modules/b": { version: "2.0.0", inBundle: true },
  });
  const locked = lockedPackages(text);
  expect(lockTextOf(locked)).toBe(text);
  expect(packagesIn(locked)).toEqual([
    { path: "a", version: "1.0.0", integrity: "sha512-abc" },
    { path: "a/node_modules/b", version: "2.0.0", integrity: null },
  ]);
});

test.for([
  ["an address", "node_modules/a", { ...fine, resolved: "git+ssh://git@example.org/a.git#abc" }],
  ["a link", "node_modules/a", { ...fine, link: true }],
  ["a folder elsewhere", "../a", fine],
  ["no checksum", "node_modules/a", { version: "1.0.0" }],
  ["no version", "node_modules/a", { integrity: "sha512-abc" }],
] as const)("one with %s is refused", ([, path, entry]) => {
  expect(() => lockedPackages(lockOf({ [path]: entry }))).toThrow(
    /^(?:..\/)?a is not a version of the registry but an address of its own, which is not taken$/,
  );
});

test("more packages than the limit are refused", () => {
  const many = Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`node_modules/p${n}`, fine]));
  expect(() => lockedPackages(lockOf(many))).toThrow("501 packages are needed; 500 are the most");
});
