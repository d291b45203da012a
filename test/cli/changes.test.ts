// Changes as a person sees them: what would change, what was changed, by whom, and the way back. Against a real controller.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { startController } from "./controller-stub.ts";
import { drover as run, type Ended } from "./drover.ts";

const breed = (name: string, line = "const n = 1;") =>
  `kind: breed\nname: ${name}\ndeployable:\n  type: application/javascript\n  definition: |\n    // first\n    ${line}\n    // last\n`;
const workflow = (name: string, rest = "") => `kind: workflow\nname: ${name}\nbreed: b\nschedule: manual\n${rest}`;

let controller: Drover;
let home: string;
beforeAll(async () => {
  controller = await startDrover({ DROVER_RUNTIME: "process" });
  home = await mkdtemp(join(tmpdir(), "drover-changes-"));
});
afterAll(async () => {
  await controller[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const drover = (...parameters: string[]): Promise<Ended> => run(parameters, { url: controller.url });

async function names(): Promise<string[]> {
  const of = async (path: string) => (await call<{ name: string }[]>(controller.url, "GET", path)).body;
  return [...(await of("/workflows")), ...(await of("/breeds"))].map(({ name }) => name);
}

async function write(name: string, text: string): Promise<string> {
  const path = join(home, name);
  await writeFile(path, text);
  return path;
}

describe("plan", () => {
  test("shows what apply would do and stores nothing; exit code 1 when that is something, 0 when it is nothing", async () => {
    const files = ["-f", await write("w.yml", workflow("w")), "-f", await write("b.yml", breed("b"))];
    expect(await drover("plan", ...files)).toEqual({
      code: 1,
      stdout: "breed b would be created, revision 1\nworkflow w would be created, revision 1\n",
      stderr: "drover: 2 to create\n",
    });
    expect(await names()).toEqual([]);
    expect((await drover("apply", ...files)).code).toBe(0);
    expect(await drover("plan", ...files)).toEqual({ code: 0, stdout: "nothing would change\n", stderr: "" });

    await write("w.yml", workflow("w", 'env: {A: "1"}\n'));
    await write("b.yml", breed("b", "const n = 2;"));
    const { code, stdout, stderr } = await drover("plan", "-f", home);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "drover: 2 to update\n" });
    expect(stdout).toBe(
      [
        "breed b would be updated, revision 2",
        "  deployable.definition:",
        "    @@ line 1",
        "      // first",
        "    - const n = 1;",
        "    + const n = 2;",
        "      // last",
        "workflow w would be updated, revision 2, redeploying",
        '  environment_variables.A: (nothing) → "1"',
        "",
      ].join("\n"),
    );
  });

  test("says who runs on with the breed as it was", async () => {
    const { stderr } = await drover("plan", "-f", await write("only-b.yml", breed("b", "const n = 3;")));
    expect(stderr).toContain(
      "only-b.yml: warning: workflow w runs on with the breed as it was; to take it up: drover restart w\n",
    );
  });

  test("ends with 2 when a file would be refused, and shows what becomes of the others", async () => {
    const bad = await write("bad.yml", "kind: workflow\nname: x\nbreed: unknown\nschedule: manual\n");
    const good = await write("good.yml", breed("good"));
    const { code, stdout, stderr } = await drover("plan", "-f", bad, "-f", good, "--prune");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "breed good would be created, revision 1\n" });
    expect(stderr).toBe(
      `drover: ${bad}: breed: expected the name of a stored breed, got "unknown"; apply the breed first, in the same file, or write it inside the workflow\n` +
        "drover: nothing would be deleted, as a file would be refused\n",
    );
  });

  test("ends with 2 when there is too much to plan, without sending it", async () => {
    const path = await write("huge.js", "x".repeat(8_388_608));
    const { code, stderr } = await run(["plan", "-f", path], { url: "http://127.0.0.1:1" });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^drover: the files take \d+ bytes as JSON, and a plan or pruning at most 8388608\n$/,
      ),
    });
    await rm(path);
  });

  test("ends with 2 when it cannot tell, and reads standard input", async () => {
    expect((await drover("plan", "-f", join(home, "none.yml"))).code).toBe(2);
    expect((await run(["plan", "-f", home], { url: "http://127.0.0.1:1" })).code).toBe(2);
    const { code, stdout } = await run(["plan", "-f", "-", "--json"], { url: controller.url, stdin: breed("piped") });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ files: [{ name: "standard input", changes: [{ name: "piped" }] }] });
  });
});

describe("history, diff and rollback", () => {
  beforeEach(async () => {
    const there = (await call<object[]>(controller.url, "GET", "/workflows")).body;
    if (there.length > 0) await call(controller.url, "DELETE", "", there);
  });

  test("show what was changed and bring it back, a deleted one too", async () => {
    const path = await write("story.yml", `${breed("b")}---\n${workflow("story")}`);
    expect((await drover("apply", "-f", path)).code).toBe(0);
    await write(
      "story.yml",
      workflow("story", 'env: {A: "1", B: "2"}\ntimeout: PT1M\nconcurrency: 2\nkeep_warm: never\n'),
    );
    expect((await drover("apply", "-f", path)).code).toBe(0);
    const history = await drover("history", "workflow", "story");
    expect(history.stdout).toMatch(
      /^REVISION +WHEN +WHO +ACTION +CHANGED\nv2 +20[\d:.TZ-]+ +local +update +[\w.]+, [\w.]+, [\w.]+, [\w.]+ and 1 more\nv1 +20[\d:.TZ-]+ +local +create +-\n$/,
    );
    expect(JSON.parse((await drover("history", "workflows", "story", "-o", "json")).stdout)).toHaveLength(2);

    const last = await drover("diff", "workflow", "story");
    expect(last.code).toBe(0);
    expect(last.stdout).toContain('workflow story: v1 → v2\n  environment_variables.A: (nothing) → "1"\n');
    expect((await drover("diff", "workflow", "story", "v1", "2")).stdout).toBe(last.stdout);
    expect((await drover("diff", "workflow", "story", "1")).stdout).toBe(last.stdout);
    expect((await drover("diff", "workflow", "story", "2", "2")).stdout).toBe(
      "workflow story: v2 → v2\n  no difference\n",
    );
    const json = await drover("diff", "workflow", "story", "v2", "v1", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ from: 2, to: 1, diff: expect.any(Array) });

    expect((await drover("rollback", "workflow", "story", "v1")).stdout).toBe(
      "workflow story is as it was in v1 again: revision 3, redeploying\n",
    );
    expect((await drover("rollback", "workflow", "story", "v1")).stdout).toBe(
      "workflow story is already as it was in v1; nothing changed\n",
    );
    await drover("delete", "workflow", "story");
    expect((await drover("diff", "workflow", "story")).stderr).toMatch(
      /^drover: workflow story was deleted by local at .*; name two revisions/,
    );
    expect(await drover("rollback", "workflow", "story", "2")).toEqual({
      code: 0,
      stdout: "workflow story is as it was in v2 again: revision 5\n",
      stderr: "",
    });
    expect((await drover("history", "workflow", "story")).stdout).toMatch(
      /\nv4 .* delete .*\nv3 .* rollback to v1 .*\nv2 /,
    );
    expect((await drover("diff", "workflow", "story")).stderr).toContain(
      "v5 of workflow story is the first since it was",
    );
  });

  test("say how far back a history reaches", async () => {
    const row = { at: "2026-01-01T00:00:00.000Z", by: "local", changed: ["a"], restores: null };
    await using stub = await startController({
      "GET /breeds/old/revisions": {
        body: [
          { ...row, revision: 9, action: "update", kept: true },
          { ...row, revision: 8, action: "delete", kept: false },
          { ...row, revision: 7, action: "update", kept: false },
          { ...row, revision: 6, action: null, changed: null, kept: false },
        ],
      },
    });
    const { stdout, stderr } = await run(["history", "breed", "old"], { url: stub.url });
    expect(stdout).toMatch(/\nv6 .* not known +not known\n$/);
    expect(stderr).toBe(
      "drover: the content of v7 and of what is older is not kept any more\ndrover: what was before v6 is not known any more\n",
    );
  });

  test.each([
    ["a kind without revisions", ["history", "event", "x"]],
    ["a version that is none", ["diff", "breed", "b", "vv1"]],
    ["version 0", ["rollback", "breed", "b", "v0"]],
    ["no version", ["rollback", "breed", "b"]],
    ["one version too many", ["diff", "breed", "b", "1", "2", "3"]],
  ])("%s is wrong usage", async (_, parameters) => {
    expect((await drover(...parameters)).code).toBe(2);
  });
});

describe("apply --prune", () => {
  let keep: string;
  beforeEach(async () => {
    const there = [
      ...(await call<object[]>(controller.url, "GET", "/workflows")).body,
      ...(await call<object[]>(controller.url, "GET", "/breeds")).body,
    ];
    if (there.length > 0) await call(controller.url, "DELETE", "", there);
    const everything = [breed("b"), breed("c"), workflow("keep"), workflow("go")].join("---\n");
    await drover("apply", "-f", await write("everything.yml", everything));
    keep = await write("keep.yml", workflow("keep"));
  });

  test("deletes what the files do not name, says it, and does what plan --prune shows", async () => {
    const planned = await drover("plan", "--prune", "-f", keep);
    expect(planned).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /^workflow go would be deleted, revision \d+\nbreed c would be deleted, revision \d+\n$/,
      ),
      stderr: "drover: 2 to delete\n",
    });
    expect(await names()).toHaveLength(4);
    expect(await drover("apply", "--prune", "-f", keep)).toEqual({
      code: 0,
      stdout: "workflow keep unchanged\nworkflow go deleted\nbreed c deleted\n",
      stderr: "",
    });
    expect(await names()).toEqual(["keep", "b"]);
    expect((await drover("plan", "--prune", "-f", keep)).code).toBe(0);
  });

  test("deletes nothing when a file is refused, though the others are taken", async () => {
    const bad = await write("refused.yml", "kind: workflow\nname: x\n");
    const more = await write("more.yml", breed("more"));
    const { code, stdout, stderr } = await drover("apply", "--prune", "-f", keep, "-f", bad, "-f", more);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "breed more created, revision 1\nworkflow keep unchanged\n" });
    expect(stderr).toContain("drover: nothing was deleted, as not every file was taken\n");
    expect(await names()).toHaveLength(5);
  });

  test("deletes nothing when the files name nothing", async () => {
    for (const text of ["", "---\n", "[]", "# all of it is a comment\n"]) {
      const { code, stderr } = await drover("apply", "--prune", "-f", await write("empty.yml", text));
      expect(code, text).toBe(1);
      expect(stderr).toContain("nothing was deleted");
    }
    expect(await names()).toHaveLength(4);
  });

  test("is never done without being asked for", async () => {
    await drover("apply", "-f", keep);
    expect(await names()).toHaveLength(4);
  });
});
