// Bundles between two installations; the second one reaches no registry.
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually, follow } from "../api.ts";
import { startDrover as startCommand } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";
import { type Registry, startRegistry } from "../packages/registry.ts";

let registry: Registry;
let first: Drover;
let second: Drover;
let file: string;

const documents = [
  {
    kind: "breed",
    name: "greeter",
    deployable: {
      type: "application/javascript",
      npm: { greet: "^1" },
      definition: `new (require("vamp-node-client").Api)().event("greeted", require("greet"), "greeted");`,
    },
  },
  { kind: "breed", name: "shop", deployable: "example.org/shop:1" },
  { kind: "workflow", name: "greeter", breed: "greeter", schedule: "daemon" },
];

beforeAll(async () => {
  registry = await startRegistry();
  await registry.publish({ name: "greet", version: "1.0.0", files: { "index.js": `module.exports = "hello";` } });
  [first, second] = await Promise.all([
    startDrover({ DROVER_RUNTIME: "process", npm_config_registry: registry.url }),
    startDrover({ DROVER_RUNTIME: "process", npm_config_registry: "http://127.0.0.1:9" }),
  ]);
  file = join(first.home, "bundle.tar");
  await call(first.url, "PUT", "", documents);
});
afterAll(async () => {
  await Promise.all([first, second].map((one) => one[Symbol.asyncDispose]()));
  await registry[Symbol.asyncDispose]();
});

const drover = (url: string, ...parameters: string[]) => startCommand(parameters, { url }).ended;
const namesAt = async (url: string) =>
  (await call<{ name: string }[]>(url, "GET", "/breeds")).body.map(({ name }) => name);
/** What lies on the disk of bundles. */
const rests = ({ home }: Drover) => readdir(join(home, "bundles")).catch(() => []);

test("a bundle that was saved is loaded where no registry is, and its workflows run", async () => {
  await using greeted = await follow(second.url, "?type=greeted");
  const saved = await drover(first.url, "bundle", "save", file);
  expect(saved).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("image example.org/shop:1 is not in the engine"),
  });
  expect(saved.stdout).toContain("2 breeds, 1 workflow, 0 images");

  const withheld = await drover(second.url, "bundle", "load", file, "--no-apply");
  expect(withheld).toMatchObject({ code: 0, stdout: "npm packages loaded, 1 archive\nnothing was applied\n" });
  expect(await namesAt(second.url)).toEqual([]);

  const loaded = await drover(second.url, "bundle", "load", file);
  expect(loaded.stdout).toContain("breed greeter created\nbreed shop created\nworkflow greeter created\n");
  await greeted.until(({ value }) => value === "hello");
  expect((await drover(second.url, "bundle", "load", file)).stdout).toContain("workflow greeter unchanged");
  await eventually(
    async () => [...(await rests(first)), ...(await rests(second))],
    (left) => left.length === 0,
  );
});

test("some breeds and workflows can be chosen; one that does not exist is refused", async () => {
  const { stdout } = await drover(first.url, "bundle", "save", `${file}.some`, "--workflows", "greeter");
  expect(stdout).toContain("1 breed, 1 workflow, 0 images");
  const refused = await drover(
    first.url,
    "bundle",
    "save",
    `${file}.none`,
    "--breeds",
    "shop,nope",
    "--workflows",
    "neither",
  );
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/"neither".*\n.*"nope"/) });
  expect(await readdir(first.home)).not.toContain("bundle.tar.none");
});

test("a bundle that was changed or cut is refused, and nothing of it is stored", async () => {
  const whole = await readFile(file);
  const before = await namesAt(second.url);
  const text = "example.org/shop:1";
  const changed = Buffer.from(whole);
  changed.write("example.org/evil:1", changed.lastIndexOf(text));
  for (const [bytes, said] of [
    [changed, "documents.json: expected contents with the SHA-256"],
    [whole.subarray(0, whole.length / 2), "one that breaks off"],
    [Buffer.from("{}"), "bundle: expected a whole bundle"],
  ] as const) {
    await writeFile(`${file}.bad`, bytes);
    const { code, stderr } = await drover(second.url, "bundle", "load", `${file}.bad`);
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
  }
  expect(await namesAt(second.url)).toEqual(before);
  expect(await rests(second)).toEqual([]);
  await rm(`${file}.bad`);
});

test("pieces of a bundle follow each other, and one that is sent again is known", async () => {
  const { body: bundle } = await call<{ id: string }>(second.url, "POST", "/bundles");
  expect((await put(bundle.id, 7, "late")).status).toBe(409);
  expect((await put(bundle.id, 0, "no tar")).body).toEqual({ bytes: 6 });
  expect((await put(bundle.id, 0, "no tar")).body).toEqual({ bytes: 6 });
  expect((await call(second.url, "POST", `/bundles/${bundle.id}/load`)).status).toBe(400);
  expect((await call(second.url, "POST", `/bundles/${bundle.id}/load`)).status).toBe(404);
});

const put = (id: string, offset: number, piece: string) =>
  call(second.url, "PUT", `/bundles/${id}?offset=${offset}`, piece, { "Content-Type": "application/octet-stream" });
