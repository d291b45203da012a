// Breeds with npm packages: from a registry once, from then on without it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Tail, call, eventually, follow } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { type Registry, startRegistry } from "../packages/registry.ts";

let registry: Registry;
let drover: Drover;
let tail: Tail;

beforeAll(async () => {
  registry = await startRegistry();
  await publish("1.0.0");
  await registry.publish({
    name: "@scope/modern",
    version: "2.0.0",
    files: { "index.js": "import greet from 'greet'; export default `modern ${greet}`;" },
    manifest: { type: "module", exports: "./index.js", dependencies: { greet: "^1" } },
  });
  drover = await startDrover({ npm_config_registry: registry.url });
  tail = await follow(drover.url, "?type=greeted");
});
afterAll(async () => {
  await tail[Symbol.asyncDispose]();
  await drover[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const publish = (version: string): Promise<void> =>
  registry.publish({ name: "greet", version, files: { "index.js": `module.exports = "greet ${version}";` } });

const breed = (npm: Readonly<Record<string, string>>) => ({
  kind: "breed",
  name: "greeter",
  deployable: {
    type: "application/javascript",
    npm,
    definition: `
      const { Api } = require("vamp-node-client");
      const greet = require("greet");
      module.exports = async () => {
        const { default: modern } = await import("@scope/modern");
        const isReadOnly = await import("node:fs/promises").then((fs) => fs.writeFile(require.resolve("greet"), "").catch((e) => e.code));
        await new Api().event("greeted", { greet, modern, isReadOnly }, "greeted");
      };`,
  },
});
const ranges = { greet: "^1.0.0", "@scope/modern": "2" };
const workflow = { kind: "workflow", name: "greeter", breed: "greeter", schedule: "manual" };

async function save(document: unknown, query = "") {
  const { status, body } = await call<{ action: string; revision: number }[]>(drover.url, "PUT", query, [document]);
  return { status, body };
}

/** What the code says that it has. */
async function greeting(): Promise<unknown> {
  const before = tail.seen.length;
  const { body: run } = await call(drover.url, "POST", "/workflows/greeter/run?wait=PT1M", {});
  expect(run).toMatchObject({ state: "completed" });
  await tail.count(before + 1);
  return tail.seen.at(-1)?.value;
}

const images = async () => {
  const label = [`drover.installation=${drover.installation}`, "drover.role=npm"];
  return drover.docker.listImages({ filters: { label } });
};

async function versionOfGreet(): Promise<unknown> {
  const { body } = await call<{ path: string; version: string }[]>(drover.url, "GET", "/breeds/greeter/packages");
  return body.find(({ path }) => path === "greet")?.version;
}

test("code requires and imports the packages of its breed, which it cannot change", async () => {
  expect((await save(breed(ranges))).body).toMatchObject([{ action: "created", revision: 1 }]);
  await save(workflow);
  expect(await greeting()).toEqual({ greet: "greet 1.0.0", modern: "modern greet 1.0.0", isReadOnly: "EROFS" });
});

test("newer versions are taken up when that is asked for, and by what is deployed from then on", async () => {
  await publish("1.1.0");
  expect((await save(breed(ranges))).body).toMatchObject([{ action: "unchanged", revision: 1 }]);
  expect(await versionOfGreet()).toBe("1.0.0");
  expect((await save(breed(ranges), "?newest_packages=true")).body).toMatchObject([{ action: "updated", revision: 2 }]);
  expect(await versionOfGreet()).toBe("1.1.0");
  expect(await greeting()).toMatchObject({ greet: "greet 1.0.0" });
});

test("a test of the breed has the packages that are stored", async () => {
  const { body } = await call<{ tests: { events: { value: unknown }[] }[] }>(
    drover.url,
    "POST",
    "/breeds/greeter/test",
    {
      events: [{ tags: ["a"] }],
    },
  );
  expect(body.tests[0]?.events[0]?.value).toMatchObject({ greet: "greet 1.1.0" });
});

test("a rollback brings back the versions of then", async () => {
  await call(drover.url, "POST", "/breeds/greeter/rollback", { revision: 1 });
  expect(await versionOfGreet()).toBe("1.0.0");
});

test("without containers it is the same", async () => {
  await using plain = await startDrover({ npm_config_registry: registry.url, DROVER_RUNTIME: "process" });
  const documents = [breed({ greet: "1.0.0", "@scope/modern": "2" }), { ...workflow, schedule: "manual" }];
  await call(plain.url, "PUT", "", documents);
  await using greeted = await follow(plain.url, "?type=greeted");
  await call(plain.url, "POST", "/workflows/greeter/run?wait=PT30S", {});
  await greeted.count(1);
  expect(greeted.seen[0]?.value).toMatchObject({ greet: "greet 1.0.0", modern: "modern greet 1.0.0" });
});

test("without the registry, what is deployed starts again, its image is made again, and what is new is refused", async () => {
  await registry.end();
  const { status, body } = await call<{ detail: string }>(
    drover.url,
    "PUT",
    "/breeds/greeter",
    breed({ greet: "1.1.0" }),
  );
  expect([status, body.detail]).toEqual([
    503,
    expect.stringContaining("npm could not have the packages from its registry"),
  ]);
  expect(await versionOfGreet()).toBe("1.0.0");

  await call(drover.url, "PUT", "/workflows/greeter/status", JSON.stringify("suspended"));
  await eventually(
    () =>
      drover.docker.listContainers({
        filters: { label: ["drover.workflow=greeter", `drover.installation=${drover.installation}`] },
      }),
    (containers) => containers.length === 0,
  );
  for (const { Id } of await images()) await drover.docker.getImage(Id).remove({ force: true });
  expect(await images()).toEqual([]);
  await call(drover.url, "PUT", "/workflows/greeter/status", JSON.stringify("running"));
  expect(await greeting()).toMatchObject({ greet: "greet 1.0.0" });
  expect(await images()).toHaveLength(1);
});
