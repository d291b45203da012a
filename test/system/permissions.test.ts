// Who may give code what, and what code sees: a real controller that asks for tokens, with code that really runs.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, type StoredEvent, call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

const adminToken = "0123456789abcdef0123456789abcdef";
const script = (definition: string, rest: object = {}) => ({
  deployable: { type: "application/javascript", definition },
  ...rest,
});
const idle = script("module.exports = () => 1;");
const scale = { cpu: 1, memory: "128MB" };

/** Asks the API by itself and tells what it was answered. */
const asker = script(`
  const { Api } = require("vamp-node-client");
  const api = new Api();
  const base = process.env.VAMP_URL + "/api/v1";
  module.exports = async ({ value: asked }) => {
    const answers = [];
    for (const [method, path, body] of asked) {
      const response = await fetch(base + path, {
        method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" },
      });
      answers.push({ status: response.status, text: (await response.text()).slice(0, 4000) });
    }
    return answers;
  };`);

let drover: Drover;
const tokens = new Map<string, string>();

const as = (who: string) => ({ Authorization: `Bearer ${tokens.get(who)}` });
const put = (who: string, path: string, body: unknown) => call(drover.url, "PUT", path, body, as(who));

beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process", DROVER_AUTH: "tokens", DROVER_ADMIN_TOKEN: adminToken });
  tokens.set("admin", adminToken);
  for (const [name, rest] of [
    ["operator", { role: "operator" }],
    ["shop", { role: "operator", workflows: ["shop-*"] }],
  ] as const) {
    const { body } = await call(drover.url, "POST", "/tokens", { name, ...rest }, as("admin"));
    tokens.set(name, String(body["value"]));
  }
  await done(put("admin", "/breeds/bank", script("1", { environment_variables: { PASSWORD: "of-the-bank" } })));
  await done(
    put("admin", "/workflows/bank", { breed: "bank", schedule: "manual", environment_variables: { PIN: "1234-bank" } }),
  );
  await done(
    put("admin", "/workflows/bank", { breed: "bank", schedule: "manual", environment_variables: { PIN: "5678-bank" } }),
  );
}, 60_000);
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

async function done(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  expect([status, body]).toEqual([expect.toSatisfy((code: number) => code < 300), body]);
}

test("only an admin gives permissions; others may keep, narrow and take them away", async () => {
  const save = async (who: string, permissions?: unknown) =>
    (
      await put(who, "/workflows/tool", {
        breed: idle,
        schedule: "manual",
        ...(permissions !== undefined && { permissions }),
      })
    ).status;
  expect(await save("operator", "viewer")).toBe(403);
  expect(await save("admin", { role: "operator", workflows: ["shop-*", "tool"] })).toBe(200);
  expect(await save("operator", { role: "operator", workflows: ["shop-*", "tool"] })).toBe(200);
  expect(await save("operator", "operator")).toBe(403);
  expect(await save("operator", { role: "viewer", workflows: ["shop-a*"] })).toBe(200);
  expect(await save("operator", { role: "operator", workflows: ["shop-*", "tool"] })).toBe(403);
  expect(await save("operator")).toBe(200);
  expect(await save("operator", { role: "viewer", workflows: ["shop-a*"] })).toBe(403);
  const back = await call(drover.url, "POST", "/workflows/tool/rollback", { revision: 1 }, as("operator"));
  expect(back).toMatchObject({ status: 403, body: { detail: expect.stringContaining("only an admin") } });
  const batch = { kind: "workflow", name: "tool", breed: idle, schedule: "manual", permissions: "viewer" };
  const beside = { kind: "breed", name: "beside", ...idle };
  expect((await call(drover.url, "PUT", "", [beside, batch], as("operator"))).status).toBe(403);
  expect((await call(drover.url, "GET", "/breeds/beside", undefined, as("admin"))).status).toBe(404);
});

test("code that may do more than somebody is not theirs to change, nor is its breed", async () => {
  await done(put("admin", "/breeds/shop-tool", idle));
  const saved = { breed: "shop-tool", schedule: "manual", permissions: "viewer" };
  await done(put("admin", "/workflows/shop-tool", saved));
  expect((await put("shop", "/workflows/shop-tool", { ...saved, timeout: "PT1M" })).status).toBe(403);
  expect((await put("shop", "/breeds/shop-tool", script("evil()"))).status).toBe(403);
  expect((await put("operator", "/breeds/shop-tool", script("2"))).status).toBe(200);
  expect((await put("shop", "/workflows/shop-tool", { breed: "shop-tool", schedule: "manual" })).status).toBe(200);
  expect((await put("shop", "/breeds/shop-tool", idle)).status).toBe(200);
});

test("a scope holds for everything that a document brings: its name, its breed and its secrets", async () => {
  await done(call(drover.url, "PUT", "/secrets/bank", { values: { KEY: "not-for-shops" } }, as("admin")));
  await done(call(drover.url, "PUT", "/secrets/shop-db", { values: { KEY: "for-shops" } }, as("admin")));
  const env = (secret: string) => ({ environment_variables: { KEY: `\${secret://${secret}/KEY}` } });
  const workflow = { breed: idle, schedule: "manual" };
  const status = async (path: string, body: unknown) => (await put("shop", path, body)).status;
  expect(await status("/workflows/bank-2", workflow)).toBe(403);
  expect(await status("/workflows/shop-x", { ...workflow, breed: "bank" })).toBe(403);
  expect(await status("/workflows/shop-x", { ...workflow, ...env("bank") })).toBe(403);
  expect(await status("/workflows/shop-x", { ...workflow, secrets: ["bank"] })).toBe(403);
  expect(await status("/workflows/shop-x", { ...workflow, breed: { ...idle, ...env("bank") } })).toBe(403);
  expect(await status("/breeds/shop-x", { ...idle, ...env("bank") })).toBe(403);
  await done(put("admin", "/breeds/shop-of-bank", { ...idle, ...env("bank") }));
  expect(await status("/workflows/shop-x", { ...workflow, breed: "shop-of-bank" })).toBe(403);
  expect(await status("/workflows/shop-x", { ...workflow, ...env("shop-db") })).toBe(200);
  const documents = ["shop-x", "bank"].map((name) => ({ kind: "workflow", name }));
  expect((await call(drover.url, "DELETE", "", documents, as("shop"))).status).toBe(403);
  expect((await call(drover.url, "GET", "/workflows/shop-x", undefined, as("shop"))).status).toBe(200);
});

async function askAs(
  workflow: string,
  asked: readonly (readonly unknown[])[],
): Promise<{ status: number; text: string }[]> {
  const { body } = await call<{ outcome?: { result?: unknown } }>(
    drover.url,
    "POST",
    `/workflows/${workflow}/run?wait=PT60S`,
    { value: asked },
    as("admin"),
  );
  expect(body.outcome?.result).toEqual(expect.any(Array));
  return body.outcome?.result as { status: number; text: string }[];
}

const reading = [
  ["GET", "/workflows"],
  ["GET", "/workflows/bank"],
  ["GET", "/breeds"],
  ["GET", "/breeds/bank"],
  ["GET", "/workflows/bank/revisions/1"],
  ["GET", "/events?type=archive&tag=workflows:bank"],
];

test("code reads the definitions of others without the values of their variables, and its own with them", async () => {
  await done(
    put("operator", "/workflows/shop-asker", {
      breed: asker,
      schedule: "manual",
      scale,
      env: { MINE: "my-own-value" },
    }),
  );
  const answers = await askAs("shop-asker", [...reading, ["PUT", "/workflows/other", {}], ["GET", "/tokens"]]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 403, 403]);
  const text = JSON.stringify(answers);
  expect(text).not.toMatch(/of-the-bank|1234-bank|5678-bank/);
  expect(text).toMatch(/PASSWORD.*PIN|PIN.*PASSWORD/s);
  expect(text).toContain("my-own-value");
});

test("with permissions it sees and does what they say, where they say it, and gives itself no more", async () => {
  const permissions = { role: "operator", workflows: ["bank", "made-*"] };
  await done(put("admin", "/workflows/keeper", { breed: asker, schedule: "manual", scale, permissions }));
  const made = { breed: idle, schedule: "manual" };
  const answers = await askAs("keeper", [
    ["GET", "/workflows/bank"],
    ["PUT", "/workflows/made-by-code", made],
    ["PUT", "/workflows/shop-asker", made],
    ["PUT", "/workflows/keeper", { ...made, permissions: "operator" }],
    ["PUT", "/workflows/made-by-code", { ...made, permissions }],
    ["GET", "/runs?workflow=bank"],
    ["GET", "/workflows/shop-asker/logs"],
    ["POST", "/tokens", { name: "x", role: "admin" }],
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 403, 403, 200, 403, 403]);
  expect(answers[0]?.text).toContain("5678-bank");
  const { body } = await call(drover.url, "GET", "/workflows/made-by-code/revisions", undefined, as("admin"));
  expect(body).toMatchObject([{ by: "workflow:keeper" }]);
});

test("each refusal is an event, and no token is in any event, answer or line of the log", async () => {
  const { body } = await call<StoredEvent[]>(
    drover.url,
    "GET",
    "/events?type=refused&per_page=1000",
    undefined,
    as("admin"),
  );
  const reasons = new Set(body.map(({ value }) => (value as { reason: string }).reason));
  expect([...reasons].toSorted()).toEqual(["permissions", "scope", "workflow-code"]);
  const all = await call(drover.url, "GET", "/events?per_page=1000", undefined, as("admin"));
  for (const value of tokens.values()) {
    expect(JSON.stringify(all.body)).not.toContain(value);
    expect(drover.log.join("\n")).not.toContain(value);
  }
});
