import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startController, type Routes } from "./controller-stub.ts";
import { drover } from "./drover.ts";

let home: string;
const workflow = "kind: workflow\nname: hello\nbreed: hello\nschedule: daemon\n";
const breed = "kind: breed\nname: hello\ndeployable: {type: container/docker, definition: x}\n";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "drover-cli-"));
  await mkdir(join(home, "both"));
  await mkdir(join(home, "empty"));
  await writeFile(join(home, "both", "a-workflow.yml"), workflow);
  await writeFile(join(home, "both", "b-breed.yaml"), breed);
  await writeFile(join(home, "both", "notes.txt"), "not a document");
  await writeFile(join(home, "bad.yml"), "kind: workflow\n");
  await writeFile(join(home, "list.json"), '[{"kind":"breed"}]');
  await writeFile(join(home, "greeter.js"), 'console.log("hi");\n');
});

afterAll(() => rm(home, { recursive: true, force: true }));

const applied: Routes = {
  "PUT ": {
    body: [
      { kind: "workflow", name: "hello", action: "updated", revision: 2, redeployed: true, warnings: ["old field"] },
    ],
  },
};

test("a directory is applied file by file, breeds before the workflows that need them", async () => {
  await using controller = await startController(applied);
  const { code, stdout, stderr } = await drover(["apply", "-f", join(home, "both")], { url: controller.url });
  expect(code).toBe(0);
  expect(stdout).toBe("workflow hello updated, revision 2, redeploying\n".repeat(2));
  expect(stderr).toContain("a-workflow.yml: warning: old field\n");
  expect(controller.asked.map(({ body }) => body)).toEqual([breed, workflow]);
  expect(controller.asked[0]?.headers["content-type"]).toBe("application/x-yaml");
});

test("files, standard input, JSON and a script can be mixed", async () => {
  await using controller = await startController(applied);
  const files = ["greeter.js", "list.json"].flatMap((name) => ["-f", join(home, name)]);
  const { code } = await drover(["apply", ...files, "-f", "-"], { url: controller.url, stdin: workflow });
  expect(code).toBe(0);
  expect(controller.asked.map(({ headers }) => headers["content-type"])).toEqual([
    "application/json",
    "application/json",
    "application/x-yaml",
  ]);
  expect(JSON.parse(controller.asked[0]?.body ?? "")).toMatchObject([
    {
      kind: "breed",
      name: "greeter",
      deployable: { type: "application/javascript", definition: 'console.log("hi");\n' },
    },
  ]);
});

const problem = (path: string) => ({ path, expected: "text", got: "nothing", fix: `write ${path}` });

test("every problem of a refused file is a line with the file's name, and the other files are applied", async () => {
  await using controller = await startController({
    "PUT ": (response, { body }) => {
      const ok = body === workflow;
      response.writeHead(ok ? 200 : 400);
      response.end(JSON.stringify(ok ? [] : { detail: "no", problems: [problem("a.name"), problem("a.breed")] }));
    },
  });
  const bad = join(home, "bad.yml");
  const parameters = ["apply", "-f", bad, "-f", join(home, "both", "a-workflow.yml")];
  const { code, stderr } = await drover(parameters, { url: controller.url });
  expect(code).toBe(1);
  expect(stderr).toBe(
    `drover: ${bad}: a.name: expected text, got nothing; write a.name\ndrover: ${bad}: a.breed: expected text, got nothing; write a.breed\n`,
  );
  expect(controller.asked.length).toBe(2);
});

test("delete -f sends the documents to be deleted", async () => {
  await using controller = await startController({
    "DELETE ": { body: [{ kind: "breed", name: "hello", action: "deleted", revision: 3 }] },
  });
  const { code, stdout } = await drover(["delete", "-f", join(home, "both", "b-breed.yaml")], { url: controller.url });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "breed hello deleted\n" });
});

test("a file that is not there and a directory with nothing to apply are said by name", async () => {
  const missing = await drover(["apply", "-f", join(home, "none.yml")]);
  expect(missing).toEqual({ code: 2, stdout: "", stderr: `drover: ${home}/none.yml: no such file or directory\n` });
  const empty = await drover(["apply", "-f", join(home, "empty")]);
  expect(empty.code).toBe(2);
  expect(empty.stderr).toContain("no .yml, .yaml or .json file");
});
