// The secret commands, as processes against a stub of the controller.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";

const changed = {
  name: "github",
  action: "changed",
  version: 2,
  set: ["TOKEN"],
  removed: [],
  workflows: ["shop", "crm"],
  redeployed: [],
  warnings: [],
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-secret-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("set sends what parameters and files say, and names whom it does not reach", async () => {
  await using controller = await startController({
    "PATCH /secrets/github": { body: changed },
    "PUT /secrets/github": { body: { ...changed, removed: ["OLD"], redeployed: ["shop", "crm"] } },
  });
  const { url } = controller;
  expect(await drover(["secret", "set", "github", "TOKEN=a=b"], { url })).toEqual({
    code: 0,
    stdout: "secret github changed, version 2 (set TOKEN)\n",
    stderr: "drover: what runs of shop crm has the old values; to take the new ones up: drover restart shop crm\n",
  });
  const file = join(folder, "secret.yml");
  await writeFile(file, "TOKEN: from-yaml\nlines: |\n  one\n  two\n");
  const replaced = await drover(["secret", "set", "github", "X=1", "-f", file, "--replace", "--redeploy"], { url });
  expect(replaced.stdout).toBe(
    "secret github changed, version 2 (set TOKEN; removed OLD)\nworkflow shop restarted\nworkflow crm restarted\n",
  );
  await drover(["secret", "set", "github", "-f", "-"], { url, stdin: '{"A": "from json"}' });
  await drover(["secret", "set", "github", "-f", "-"], { url, stdin: "A='from dotenv'\n" });
  expect(controller.asked.map(({ request, body }) => [request, JSON.parse(body)])).toEqual([
    ["PATCH /api/v1/secrets/github", { values: { TOKEN: "a=b" } }],
    ["PUT /api/v1/secrets/github?redeploy=true", { values: { TOKEN: "from-yaml", lines: "one\ntwo\n", X: "1" } }],
    ["PATCH /api/v1/secrets/github", { values: { A: "from json" } }],
    ["PATCH /api/v1/secrets/github", { values: { A: "from dotenv" } }],
  ]);
});

test("what cannot be read is refused before anything is sent, and not shown", async () => {
  await using controller = await startController({});
  const { url } = controller;
  for (const stdin of ['{"A": "hidden" "B"}', "A: hidden\n B: : x", "hidden", "A='hidden"]) {
    const refused = await drover(["secret", "set", "github", "-f", "-"], { url, stdin });
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^drover: standard input: /) });
    expect(refused.stderr).not.toContain("hidden");
  }
  const noPair = await drover(["secret", "set", "github", "hidden"], { url });
  expect(noPair).toMatchObject({ code: 2, stderr: expect.stringContaining("KEY=VALUE") });
  expect(noPair.stderr).not.toContain("hidden");
  expect(await drover(["secret", "set", "github"], { url })).toMatchObject({ code: 2 });
  expect(await drover(["secret", "set", "github", "-f", join(folder, "none")], { url })).toMatchObject({ code: 2 });
  expect(controller.asked).toEqual([]);
});

test("list, delete and rotation", async () => {
  const key = { version: 1, at: "2026-01-01T00:00:00.000Z", by: "local" };
  const keys = ["TOKEN", "USER"].map((name) => Object.assign({ key: name }, key));
  await using controller = await startController({
    "GET /secrets": { body: [{ name: "github", ...key, keys, workflows: ["shop"] }] },
    "DELETE /secrets/github": {
      body: { ...changed, action: "deleted", set: [], removed: ["TOKEN", "USER"], workflows: [] },
    },
    "POST /master-key/rotate": { body: { before: "aaaaaaaa", now: "bbbbbbbb" } },
  });
  const { url } = controller;
  expect((await drover(["secret", "list"], { url })).stdout).toMatch(
    /^NAME +VERSION +KEYS +WORKFLOWS +AGE +BY\ngithub +1 +TOKEN USER +shop +\d+d +local\n$/,
  );
  const deleted = await drover(["secret", "delete", "github", "TOKEN", "USER", "--force"], { url });
  expect(deleted).toMatchObject({
    code: 0,
    stdout: "secret github deleted, version 2 (removed TOKEN, USER)\n",
    stderr: "",
  });
  const rotated = await drover(["secret", "rotate-master-key"], { url });
  expect(rotated.stdout).toBe("the master key bbbbbbbb took the place of aaaaaaaa\n");
  expect(controller.asked.map(({ request }) => request)).toEqual([
    "GET /api/v1/secrets?page=1&per_page=100",
    "DELETE /api/v1/secrets/github?key=TOKEN&key=USER&force=true",
    "POST /api/v1/master-key/rotate",
  ]);
});
