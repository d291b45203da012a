// Who runs on with a breed that was changed or deleted is told to whoever did it. Against a real controller.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Drover, startDrover } from "../drover.ts";
import { drover as run, type Ended } from "./drover.ts";

const breed = (line: string): string =>
  `kind: breed\nname: b\ndeployable: {type: application/javascript, definition: "${line}"}\n`;
const workflow = (name: string, value = "1"): string =>
  `---\nkind: workflow\nname: ${name}\nbreed: b\nschedule: manual\nenv: {A: "${value}"}\n`;

let controller: Drover;
let home: string;
beforeAll(async () => {
  controller = await startDrover({ DROVER_RUNTIME: "process" });
  home = await mkdtemp(join(tmpdir(), "drover-taken-up-"));
});
afterAll(async () => {
  await controller[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const drover = (...parameters: string[]): Promise<Ended> => run(parameters, { url: controller.url });

async function apply(text: string): Promise<{ stderr: string; file: string }> {
  const file = join(home, "documents.yml");
  await writeFile(file, text);
  const { code, stderr } = await drover("apply", "-f", file);
  expect(code, stderr).toBe(0);
  return { stderr, file };
}

test("apply says who runs on with the breed as it was, unless it is applied along with it", async () => {
  expect((await apply(breed("1") + workflow("w"))).stderr).toBe("");
  expect((await apply(breed("2") + workflow("w", "2"))).stderr).toBe("");
  const { stderr, file } = await apply(breed("3"));
  expect(stderr).toBe(
    `drover: ${file}: warning: workflow w runs on with the breed as it was; to take it up: drover restart w\n`,
  );
});

test("the deletion of a breed in use is said by delete and by the workflow, with the way back", async () => {
  await apply(breed("3") + workflow("w") + workflow("x"));
  const { stdout, stderr } = await drover("delete", "breed", "b");
  expect(stdout).toBe("breed b deleted\n");
  const said = /^drover: warning: workflows w, x run on with a copy of the breed, .*; to bring it back: drover (.*)\n$/;
  const back = said.exec(stderr)?.[1] ?? stderr;
  expect((await drover("get", "workflows")).stdout).toMatch(/\nx .*its breed b is gone/);
  expect(await drover(...back.split(" "))).toMatchObject({ code: 0 });
  expect((await drover("get", "workflows")).stdout).not.toContain("is gone");
  expect((await drover("delete", "workflow", "w", "x")).stderr).toBe("");
  expect((await drover("delete", "breed", "b")).stderr).toBe("");
});
