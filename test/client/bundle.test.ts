// The client as user code gets it: one CommonJS file beside highland, in a process of its own.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientBundle } from "../../client/bundle.ts";
import { startApiServer } from "./api-server.ts";

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "drover-client-"));
  const modules = join(home, "node_modules");
  await mkdir(modules);
  await symlink(join(import.meta.dirname, "../../node_modules/highland"), join(modules, "highland"));
  await build(clientBundle(join(modules, "vamp-node-client", "index.js")));
});

afterAll(() => rm(home, { recursive: true, force: true }));

type Ended = { code: number; stdout: string; stderr: string };

async function run(source: string, url: string): Promise<Ended> {
  const file = join(home, "script.cjs");
  await writeFile(file, source);
  return new Promise((resolve) => {
    const options = {
      env: { PATH: process.env["PATH"], VAMP_URL: url },
      timeout: 20_000,
      killSignal: "SIGKILL",
    } as const;
    const child = execFile(process.execPath, [file], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

test("the tutorial's script sends its event without reading the answer, and its process ends by itself", async () => {
  await using server = await startApiServer(() => ({ status: 201, body: { id: "1" } }));
  const ended = await run(
    `var vamp = require('vamp-node-client');
     var api = new vamp.Api();
     api.event('hello world', 'from ' + process.argv0, 'my_type');`,
    server.url,
  );
  expect(ended).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(JSON.parse(server.asked[0]?.body ?? "")).toMatchObject({ tags: "hello world", type: "my_type" });
});

test("a refused event that nobody reads is one line on stderr and does not end the process", async () => {
  await using server = await startApiServer(({ url }) =>
    url.endsWith("/events") ? { status: 400, body: "bad" } : { body: {} },
  );
  const ended = await run(
    `const api = require('vamp-node-client').Api();
     api.event([]);
     api.info().each(() => console.log('alive'));`,
    server.url,
  );
  expect(ended).toMatchObject({ code: 0, stdout: "alive\n" });
  expect(ended.stderr).toBe("vamp-node-client: POST /events failed: [400]: bad\n");
});

test("the module has the published names and the run's, and its streams are Highland's own for user code", async () => {
  await using server = await startApiServer(() => ({ body: { message: "hi" } }));
  const ended = await run(
    `const vamp = require('vamp-node-client'), _ = require('highland');
     const api = new vamp.Api();
     console.log(Object.keys(vamp).sort().join(), vamp.run, _.isStream(api.info()), api instanceof Object);
     new vamp.Log().log('logged', vamp.Util().boolean('yes'));
     _([api.info()]).sequence().each((info) => console.log(info.message));`,
    server.url,
  );
  expect(ended.stdout).toBe("Api,ElasticsearchMetrics,Http,Log,Util,result,run null true true\nlogged true\nhi\n");
});

test("a loop that never waits keeps a bounded number of requests in flight and loses none", async () => {
  await using server = await startApiServer(() => ({ status: 201, body: {} }));
  const ended = await run(
    `const api = new (require('vamp-node-client').Api)();
     for (let i = 0; i < 1000; i += 1) api.event('tag', i);`,
    server.url,
  );
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(new Set(server.asked.map(({ body }) => body)).size).toBe(1000);
});
