// Secrets from the outside: set, named, delivered, changed and deleted. In plain processes; leak-scan.test.ts does it in containers.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StoredEvent, call, eventually } from "../api.ts";
import { drover as command } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";
import { messages } from "./leaks.ts";

type Problem = { readonly detail: string; readonly problems?: readonly { path: string; got: string; fix: string }[] };
type Changed = Readonly<Record<string, unknown>>;

const script = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
const hash = (value: string): string => createHash("sha256").update(value).digest("hex").slice(0, 16);
/** Tells of its secret what nobody can find it from, and where its files are. */
const telling = `
  const { Api } = require("vamp-node-client");
  const { readFileSync, statSync } = require("fs");
  const hash = (text) => require("crypto").createHash("sha256").update(text).digest("hex").slice(0, 16);
  const dir = process.env.DROVER_SECRETS;
  const file = dir && dir + "/github/TOKEN";
  const value = { env: hash(process.env.TOKEN || ""), file: file && hash(readFileSync(file, "utf8")), path: file };
  new Api().event("told", { ...value, mode: file && (statSync(file).mode & 0o777).toString(8) }, "told");`;

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process" });
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const ask = <T = Problem>(method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  call<T>(drover.url, method, path, body, headers);
const set = (name: string, values: object, query = "") => ask<Changed>("PATCH", `/secrets/${name}${query}`, { values });

function told(workflow: string, is: (all: readonly StoredEvent[]) => boolean): Promise<StoredEvent[]> {
  const query = `/events?type=told&source=/workflows/${workflow}`;
  return eventually(async () => (await ask<StoredEvent[]>("GET", query)).body, is);
}

test("a set secret is shown by its keys, and no answer has a value", async () => {
  expect(await set("shown", { TOKEN: "never to be seen", USER: "abc" })).toMatchObject({
    status: 200,
    body: {
      action: "created",
      version: 1,
      set: ["TOKEN", "USER"],
      warnings: [expect.stringContaining("USER has less than 6")],
    },
  });
  const { status, body } = await ask<object>("GET", "/secrets/shown");
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: "shown", version: 1, by: "local", keys: [{ key: "TOKEN" }, { key: "USER" }] });
  expect(JSON.stringify([body, (await ask("GET", "/secrets")).body])).not.toContain("never to be");
});

test("PUT replaces, PATCH adds, If-Match guards", async () => {
  await set("changing", { A: "first value", B: "second value" });
  expect((await ask("PUT", "/secrets/changing", { values: { A: "first value" } })).body).toMatchObject({
    action: "changed",
    set: [],
    removed: ["B"],
  });
  const late = await ask("PATCH", "/secrets/changing", { values: { C: "third value" } }, { "If-Match": '"1"' });
  expect(late).toMatchObject({ status: 412, body: { detail: expect.stringContaining("revision 2") } });
  expect(
    await ask("PATCH", "/secrets/changing", { values: { C: "third value" } }, { "If-Match": '"2"' }),
  ).toMatchObject({
    status: 200,
  });
});

const longValue = "x".repeat(65_537);
const manyKeys = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`K${n}`, "hidden-value"]));
test.each([
  ["a key with a space", { values: { "A B": "hidden-value" } }, "secret.values"],
  ["a number", { values: { A: 5 } }, "secret.values.A"],
  ["an empty value", { values: { A: "" } }, "secret.values.A"],
  ["NUL in a value", { values: { A: "x\0hidden-value" } }, "secret.values.A"],
  ["a value that is too long", { values: { A: longValue } }, "secret.values.A"],
  ["no key", { values: {} }, "secret.values"],
  ["too many keys", { values: manyKeys }, "secret.values"],
  ["another field", { value: { A: "hidden-value" } }, "secret"],
  ["broken JSON", '{"values": {"A": "hidden-value" "B"', "line 1"],
  ["several documents", [{ values: { A: "hidden-value" } }, { values: { B: "hidden-value" } }], "body"],
])("%s is refused with its place, and what was sent is not repeated", async (_, body, path) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${drover.url}/api/v1/secrets/bad`, { method: "PATCH", headers, body: text });
  const problem = await answer.text();
  expect(answer.status).toBe(400);
  expect(problem).toContain(path);
  expect(problem).not.toContain("hidden");
  expect((await ask("GET", "/secrets/bad")).status).toBe(404);
});

test("naming a secret that is missing is an error at save, in a batch, in a plan and in a test", async () => {
  const env = { A: "${secret://nowhere/KEY}", B: "${secret://shown/NOPE}" };
  const workflow = { name: "lacking", breed: script("1"), schedule: "manual", env, secrets: ["absent"] };
  const lacking = [
    { path: "environment_variables.A", fix: "drover secret set nowhere KEY=VALUE" },
    { path: "environment_variables.B", fix: "drover secret set shown NOPE=VALUE" },
    { path: "secrets[0]", fix: "drover secret set absent KEY=VALUE" },
  ];
  expect(await ask("PUT", "/workflows/lacking", workflow)).toMatchObject({ status: 400, body: { problems: lacking } });
  expect(await ask("PUT", "/", { kind: "workflow", ...workflow })).toMatchObject({
    status: 400,
    body: { problems: lacking },
  });
  const text = JSON.stringify({ kind: "workflow", ...workflow });
  const plan = await ask("POST", "/plan", { files: [{ name: "f", type: "application/json", text }] });
  expect(plan.body).toMatchObject({ files: [{ problems: lacking }] });
  const inBreed = { breed: { ...script("1"), env: { A: env.A } }, schedule: "manual" };
  expect((await ask("PUT", "/workflows/lacking", inBreed)).body.problems).toMatchObject([
    { path: "breed.environment_variables.A" },
  ]);
  const overridden = { ...inBreed, env: { A: "plain" } };
  expect((await ask("PUT", "/workflows/lacking", overridden)).status).toBe(200);
  const tested = { breed: { ...script("1"), env: { A: env.A } }, events: [{ tags: "a" }] };
  expect((await ask("POST", "/breeds/any/test", tested)).status).toBe(400);
});

test("a variable of an image may not have one: docker inspect would show it", async () => {
  const image = { deployable: "nginx:1", env: { A: "${secret://shown/TOKEN}" } };
  const answer = await ask("PUT", "/workflows/web", { breed: image, schedule: "daemon" });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      problems: [{ path: "breed.environment_variables.A", fix: expect.stringContaining("/run/secrets/shown/KEY") }],
    },
  });
});

test("what workflows name is not deleted, unless somebody insists; then they say what they lack", async () => {
  await set("needed", { KEY: "some value", OTHER: "other value" });
  const workflow = { breed: script(telling), schedule: "daemon", env: { TOKEN: "${secret://needed/KEY}" } };
  await ask("PUT", "/workflows/needs", workflow);
  await told("needs", (all) => all.length > 0);
  expect((await ask("DELETE", "/secrets/needed?key=OTHER")).status).toBe(200);
  for (const path of ["/secrets/needed", "/secrets/needed?key=KEY"])
    expect(await ask("DELETE", path)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("needs") },
    });
  expect((await ask("PUT", "/secrets/needed", { values: { NEW: "some value" } })).status).toBe(409);
  expect((await ask("DELETE", "/secrets/needed?force=true")).body).toMatchObject({
    action: "deleted",
    workflows: ["needs"],
  });
  await ask("PUT", "/workflows/needs/status", "restarting");
  await eventually(
    async () => (await ask<{ message: string | null }>("GET", "/workflows/needs")).body.message,
    (message) => message?.includes("there is no secret needed") === true,
  );
  await ask("DELETE", "/workflows/needs");
});

test("a workflow gets what it names, in variables and files; a change reaches it with redeploy, and not before", async () => {
  await set("github", { TOKEN: "the first token" });
  const env = { TOKEN: "Bearer ${secret://github/TOKEN}" };
  await ask("PUT", "/workflows/tells", {
    breed: script(`${telling} setInterval(() => {}, 1000);`),
    schedule: "daemon",
    env,
    secrets: ["github"],
  });
  const [first] = await told("tells", (all) => all.length === 1);
  expect(first?.value).toMatchObject({
    env: hash("Bearer the first token"),
    file: hash("the first token"),
    mode: "440",
  });
  const dir = dirname(dirname(String((first?.value as { path?: string } | undefined)?.path)));
  expect(existsSync(dir)).toBe(true);

  const later = await set("github", { TOKEN: "the second token" });
  expect(later.body).toMatchObject({ workflows: ["tells"], redeployed: [] });
  const changed = await set("github", { TOKEN: "the third token" }, "?redeploy=true");
  expect(changed.body).toMatchObject({ redeployed: ["tells"] });
  const [second] = await told("tells", (all) => all.length === 2);
  expect(second?.value).toMatchObject({ env: hash("Bearer the third token"), file: hash("the third token") });
  expect(existsSync(dir)).toBe(false);

  const said = await command(["secret", "set", "github", "TOKEN=the fourth token"], { url: drover.url });
  expect(said).toMatchObject({ code: 0, stdout: "secret github changed, version 4 (set TOKEN)\n" });
  expect(said.stderr).toContain("drover restart tells");
  await ask("DELETE", "/workflows/tells");
});

test("code that is started again while no controller is there has its secret all the same", async () => {
  await set("github", { TOKEN: "the lasting token" });
  const env = { TOKEN: "${secret://github/TOKEN}" };
  await ask("PUT", "/workflows/lasting", { breed: script(telling), schedule: "daemon", env });
  await told("lasting", (all) => all.length > 0);
  await drover.end("SIGKILL");
  const stored = async (): Promise<string[]> =>
    (await messages(drover))
      .map(({ bytes }) => bytes.toString())
      .filter((text) => text.startsWith("event.lasting.told"));
  const before = (await stored()).length;
  const after = await eventually(stored, (all) => all.length > before);
  expect(after.at(-1)).toContain(hash("the lasting token"));
  await drover.startAgain();
  await ask("DELETE", "/workflows/lasting");
});

test("code of a workflow may neither list nor read nor set secrets", async () => {
  const code = `
    const http = require("http");
    const { Api } = require("vamp-node-client");
    const ask = (method, path) => new Promise((done) => {
      http.request(process.env.VAMP_URL + "/api/v1" + path, { method }, (answer) => done(answer.resume().statusCode)).end();
    });
    const all = [["GET", "/secrets"], ["GET", "/secrets/github"], ["PATCH", "/secrets/github"], ["GET", "/master-key"], ["POST", "/master-key/rotate"]];
    (async () => new Api().event("told", await Promise.all(all.map((one) => ask(...one))), "told"))();
    setInterval(() => {}, 1000);`;
  await ask("PUT", "/workflows/curious", { breed: script(code), schedule: "daemon" });
  const [event] = await told("curious", (all) => all.length > 0);
  expect(event?.value).toEqual([403, 403, 403, 403, 403]);
  await ask("DELETE", "/workflows/curious");
});

test("the master key is rotated while workflows run, and opens everything afterwards", async () => {
  const { body: rotated } = await ask<{ now: string }>("POST", "/master-key/rotate");
  expect((await ask("GET", "/master-key")).body).toEqual({ state: "open", id: rotated.now, reason: null });
  await drover.end("SIGKILL");
  await drover.startAgain();
  expect((await ask("GET", "/master-key")).body).toEqual({ state: "open", id: rotated.now, reason: null });
  expect(await set("github", { TOKEN: "the lasting token" })).toMatchObject({ body: { action: "unchanged" } });
});
