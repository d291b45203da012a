import { expect, test } from "vitest";
import { parseBreed } from "../../model/breed.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const withNpm = (npm: unknown, type = "application/javascript") =>
  parseBreed({ name: "hello", deployable: { type, definition: "redis" === type ? "redis" : "a", npm } });
const path = "breed.deployable.npm";

test.for([
  "^4",
  "4.17.21",
  "~1.2",
  "*",
  "1.x",
  ">=1.2.3 <2",
  "1.2 - 2.3.4",
  "^1 || ^2.0.0-beta.1",
  ">= 1.0",
  "v1.2.3",
  "=1.0.0+build.5",
])("%s is a range of versions", (range) => {
  expect(valueOf(withNpm({ lodash: range })).deployable.npm).toEqual({ lodash: range });
});

test.for([
  "latest",
  "",
  "^",
  "1.2.3.4",
  "git+https://example.org/a.git",
  "https://example.org/a.tgz",
  "file:../a",
  "npm:other@1",
  "user/repository",
  "1 ||",
  "workspace:*",
])("%o is none", (range) => {
  expect(problemsOf(withNpm({ lodash: range }))).toEqual([
    expect.stringContaining(`${path}.lodash: expected a range of versions`),
  ]);
});

test.for(["@scope/name", "lodash.get", "a-b", "x"])("%s is a name", (name) => {
  expect(valueOf(withNpm({ [name]: "1" })).deployable.npm).toEqual({ [name]: "1" });
});

test.for(["Lodash", ".hidden", "../up", "@scope", "a/b", "node_modules", "__proto__x", "a b"])("%s is none", (name) => {
  expect(problemsOf(withNpm({ [name]: "1" }))).toEqual([
    expect.stringContaining("expected the name of an npm package"),
  ]);
});

test("what comes with Drover cannot be named", () => {
  expect(problemsOf(withNpm({ highland: "2", "vamp-node-client": "*" }))).toEqual([
    `${path}.highland: expected a package that does not come with Drover, got highland; remove it: scripts can require it anyway`,
    `${path}.vamp-node-client: expected a package that does not come with Drover, got vamp-node-client; remove it: scripts can require it anyway`,
  ]);
});

test("an image cannot have npm packages", () => {
  expect(problemsOf(withNpm({ lodash: "4" }, "container/docker"))).toEqual([
    `${path}: expected no npm packages, as an image brings its own, got npm; remove it`,
  ]);
});

test("there is a limit to their number", () => {
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`p${n}`, "1"]));
  expect(problemsOf(withNpm(many))).toEqual([`${path}: expected at most 50 npm packages, got 51; leave out 1`]);
});

test("a range of many spaces is read at once", () => {
  const hostile = `${"1   ".repeat(24)}!`;
  const beganMs = performance.now();
  expect(problemsOf(withNpm({ a: hostile }))).toHaveLength(1);
  expect(performance.now() - beganMs).toBeLessThan(100);
});
