import { expect, test } from "vitest";
import { resolveOptions } from "../../agent/options.ts";

test("beside a bundled agent lie its runner and modules; user code of root gets a uid of its own", () => {
  expect(resolveOptions({}, { entryPath: "/agent/agent.mjs", isRoot: true })).toEqual({
    runnerPath: "/agent/runner.cjs",
    modulesDir: "/agent/node_modules",
    userUid: 1000,
    ownsUser: false,
  });
});

test("an agent that is not root changes no uid and owns none", () => {
  const env = { DROVER_AGENT_UID: "1234", DROVER_AGENT_OWNS_USER: "1" };
  expect(resolveOptions(env, { entryPath: "/x/agent/main.ts", isRoot: false })).toEqual({
    runnerPath: "/x/agent/runner-main.ts",
    modulesDir: "/x/node_modules",
    userUid: null,
    ownsUser: false,
  });
});

test.each(["0", "root", "-1", "1.5", "70000"])("user code never runs as root, nor as %j", (uid) => {
  expect(() => resolveOptions({ DROVER_AGENT_UID: uid }, { entryPath: "/agent/agent.mjs", isRoot: true })).toThrow(
    `DROVER_AGENT_UID: expected a user id from 1 to 60000, got "${uid}"`,
  );
});

test("npm packages of a breed lie where its image or runtime says", () => {
  const env = { DROVER_AGENT_PACKAGES: "/opt/drover/npm/a/node_modules" };
  expect(resolveOptions(env, { entryPath: "/agent/agent.cjs", isRoot: true })).toMatchObject({
    modulesDir: "/agent/node_modules",
    packagesDir: "/opt/drover/npm/a/node_modules",
  });
});
