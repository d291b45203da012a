import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";

test("a controller that is not there is one line on stderr and exit code 1", async () => {
  const { code, stdout, stderr } = await drover(["ps"], { url: await freeAddress() });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^drover: no controller answers at http:\/\/127\.0\.0\.1:\d+ \(connection refused\); start one with "drover up" or set --url \/ DROVER_URL\n$/,
  );
});

async function freeAddress(): Promise<string> {
  await using gone = await startController({});
  return gone.url;
}

test("a refusal is the controller's own words and exit code 1", async () => {
  await using controller = await startController({});
  const { code, stderr } = await drover(["get", "breed", "nope"], { url: controller.url });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "drover: there is no /api/v1/breeds/nope\n" });
});

test.for([
  ["no command", []],
  ["an unknown command", ["fly"]],
  ["an unknown flag", ["ps", "--fast"]],
  ["an unknown kind", ["get", "gateways"]],
  ["a format that does not exist", ["get", "breeds", "-o", "xml"]],
  ["apply without a file", ["apply"]],
  ["delete of nothing", ["delete"]],
  ["delete by name and file", ["delete", "breed", "x", "-f", "y.yml"]],
  ["a number of lines that is none", ["logs", "x", "--lines", "many"]],
  ["logs of neither a workflow nor a run", ["logs"]],
  ["logs of both", ["logs", "x", "--run", "r-1"]],
  ["a preview of no slots", ["schedule", "preview", "x", "--count", "0"]],
  ["a wait that is no duration", ["run", "x", "--wait", "soon"]],
  ["a moment that is none", ["get", "events", "--since", "bogus"]],
  ["a moment of runs that is none", ["runs", "--since", "bogus"]],
  ["an end of a token that is none", ["token", "create", "t", "--role", "viewer", "--expires", "soon"]],
  ["an interval that is none", ["aggregate", "count", "--interval", "often"]],
  ["an event type that is none", ["emit", "a", "--type", "bad type!"]],
  ["a pattern of types that is none", ["tail", "--type", "a*b"]],
  ["no events at all", ["get", "events", "--limit", "0"]],
  ["help for a command that there is not", ["help", "nosuch"]],
  ["a file that is not there", ["apply", "-f", "/nonexistent.yml"]],
  ["a file to be tested that is not there", ["trigger", "test", "-f", "/nonexistent.yml"]],
  ["a file of secrets that is not there", ["secret", "set", "s", "-f", "/nonexistent.env"]],
  ["a key without a name", ["key", "create"]],
  ["a preview of nothing", ["schedule", "preview"]],
  ["a zone that does not exist", ["schedule", "preview", "x", "--tz", "Mars/Olympus"]],
  ["an address that is none", ["ps", "--url", "localhost"]],
] as const)("%s is wrong usage: exit code 2 and something on stderr", async ([, parameters]) => {
  const { code, stdout, stderr } = await drover(parameters);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).not.toBe("");
});

test("a flag that makes no sense is named with what to write instead", async () => {
  const { stderr } = await drover(["schedule", "preview", "x", "--tz", "Amsterdm"]);
  expect(stderr).toContain('--tz: expected the name of a time zone such as "Europe/Amsterdam"');
  expect(stderr).toContain('write "Europe/Amsterdam"');
  const from = await drover(["schedule", "preview", "x", "--from", "soon"]);
  expect(from.stderr).toContain("--from: expected an ISO 8601 instant");
});

test("help names the command that there is not, and goes as deep as commands do", async () => {
  expect((await drover(["help", "nosuch"])).stderr).toContain("unknown command 'nosuch'");
  const { code, stdout } = await drover(["help", "breed", "test"]);
  expect(code).toBe(0);
  expect(stdout).toContain("--event <file>");
});

test("what the controller refuses of a flag is wrong usage, in the words of the command line", async () => {
  const problems = [{ path: "state", expected: "one of queued, failed", got: '"foo"', fix: "write state=failed" }];
  await using controller = await startController({ "GET /runs": { status: 400, body: { problems } } });
  expect(await drover(["runs", "--state", "foo"], { url: controller.url })).toMatchObject({
    code: 2,
    stderr: 'drover: --state: expected one of queued, failed, got "foo"; write --state failed\n',
  });
  // Nobody asked for a state here, so it is no flag that is wrong.
  expect((await drover(["runs"], { url: controller.url })).code).toBe(1);
});

test("durations and moments are taken as people write them", async () => {
  await using controller = await startController({ "GET /events": { body: [] }, "GET /runs": { body: [] } });
  const { url } = controller;
  await drover(["aggregate", "count", "--interval", "1h30m", "--since", "PT1H"], { url });
  await drover(["runs", "--since", "2026-11-28"], { url });
  expect(controller.asked.map(({ request }) => request)).toEqual([
    "GET /api/v1/events?since=PT1H&aggregator=count&interval=PT1H30M",
    expect.stringContaining("GET /api/v1/runs?since=2026-11-28&"),
  ]);
});

test("help is no error", async () => {
  const { code, stdout } = await drover(["get", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("--output <format>");
});

test("flags win over the environment, and that over the file", async () => {
  const home = await mkdtemp(join(tmpdir(), "drover-cli-"));
  try {
    await using inFile = await startController({ "GET /workflows": { body: [] } });
    await using inEnvironment = await startController({ "GET /workflows": { body: [] } });
    await using inFlag = await startController({ "GET /workflows": { body: [] } });
    await mkdir(join(home, "drover"));
    await writeFile(join(home, "drover", "config.yml"), `url: ${inFile.url}/\ntoken: from-file\n`);
    const file = { XDG_CONFIG_HOME: home };
    const both = { ...file, DROVER_URL: inEnvironment.url, DROVER_TOKEN: "from-environment" };
    expect((await drover(["ps"], { environment: file })).code).toBe(0);
    expect((await drover(["ps"], { environment: both })).code).toBe(0);
    expect((await drover(["ps", "--url", inFlag.url, "--token", "from-flag"], { environment: both })).code).toBe(0);
    const tokens = [inFile, inEnvironment, inFlag].map(({ asked }) => asked[0]?.headers.authorization);
    expect(tokens).toEqual(["token from-file", "token from-environment", "token from-flag"]);
    await writeFile(join(home, "drover", "config.yml"), "adress: x\n");
    expect((await drover(["ps"], { environment: file })).code).toBe(2);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
