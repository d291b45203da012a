// A secret that workflows print, throw, return and emit in every form they can, and then a search for it everywhere (I6). A value
// that is no secret and takes the same ways shows that the search finds what is there.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunRecord } from "../../controller/runs/history.ts";
import { type StoredEvent, call, eventually } from "../api.ts";
import { drover as command } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";
import { type AppImage, buildAppImage } from "../runtime/app-image.ts";
import { type Found, type Names, answers, engine, files, messages, said } from "./leaks.ts";

const random = (): string => randomBytes(8).toString("hex");
const [secret, second] = [`${random()}/+"é&= ${random()}`, `${random()}?\\%# ${random()}`];
/** No piece of it is one of the others. */
const pieceChars = 12;
const canary = `${random()}-${random()}`;

/** Of which none may be anywhere: pieces of a value in every form, so that half a value is found, too. */
function needlesOf(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  const bases = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .slice(before + 1, -4),
  );
  const url = bases.map((base) => base.replaceAll("+", "-").replaceAll("/", "_"));
  const hex = bytes.toString("hex");
  const forms = [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    ...bases,
    ...url,
    hex,
    hex.toUpperCase(),
  ];
  return [...new Set(forms.flatMap(pieces))].map((piece) => Buffer.from(piece));
}

/** Whatever is as long as two and a half of them has one in it. */
function pieces(form: string): string[] {
  return Array.from({ length: Math.floor((form.length - pieceChars) / (pieceChars / 2)) + 1 }, (_, at) =>
    form.slice((at * pieceChars) / 2, (at * pieceChars) / 2 + pieceChars),
  );
}

/** Where any of them is, and the first that is there. */
function holding(found: readonly Found[], needles: readonly Buffer[]): string[] {
  return found.flatMap(({ where, bytes }) => {
    const needle = needles.find((one) => bytes.includes(one));
    return needle === undefined ? [] : [`${where}: ${needle.toString()}`];
  });
}

/** What every workflow has: both values in every form, and ways to let them out. */
const telling = `
  const http = require("http");
  const { Api } = require("vamp-node-client");
  const api = new Api();
  const forms = (v) => [v, ...["base64", "base64url", "hex"].map((e) => Buffer.from(v).toString(e)),
    Buffer.from("Bearer " + v).toString("base64"), Buffer.from(v).toString("hex").toUpperCase(),
    encodeURIComponent(v), JSON.stringify({ v }), JSON.stringify(JSON.stringify(v))];
  const all = [...forms(process.env.TOKEN), ...forms(process.env.CANARY)];
  const file = require("fs").readFileSync("/run/secrets/leak/TOKEN", "utf8");
  const send = (method, path, type, body) => new Promise((done) => {
    http.request(process.env.VAMP_URL + path, { method, headers: { "content-type": type } }, (answer) => {
      answer.resume().on("end", done);
    }).on("error", done).end(body);
  });
  const tell = async () => {
    for (const form of [...all, file, "x".repeat(16380) + process.env.TOKEN]) { console.log(form); console.error(form); }
    process.stdout.write(process.env.TOKEN.slice(0, 9)); await new Promise((done) => setTimeout(done, 20));
    console.log(process.env.TOKEN.slice(9));
    await api.event(all.slice(0, 1).concat("told"), { all }, "leak.told");
    await send("POST", "/api/v1/events", "application/json", JSON.stringify([{ tags: ["told"], value: all }, { tags: "told" }]));
    await send("POST", "/api/v1/events", "application/x-ndjson", all.map((value) => JSON.stringify({ tags: "told", value })).join("\\n"));
    await send("POST", "/api/v1/events", "application/x-yaml", "tags: told\\nvalue: '" + all[1] + "'");
    await send("GET", "/api/v1/events?tag=" + encodeURIComponent(process.env.TOKEN), "text/plain");
    await send("PUT", "/api/v1/breeds/" + encodeURIComponent(process.env.TOKEN), "text/plain", process.env.TOKEN);
  };`;
const scripts: Readonly<Record<string, { readonly code: string; readonly rest: object }>> = {
  daemon: { code: `tell(); setInterval(() => {}, 1000);`, rest: { schedule: "daemon" } },
  fails: { code: `tell().then(() => { throw new Error(all.join(" ")); });`, rest: { schedule: "manual" } },
  slow: { code: `tell(); setInterval(() => {}, 1000);`, rest: { schedule: "manual", timeout: "PT4S" } },
  crashes: { code: `tell().then(() => { process.abort(); });`, rest: { schedule: "manual", isolation: "container" } },
  hook: {
    code: `module.exports = async () => { await tell(); return { all, [process.env.TOKEN]: 1 }; };`,
    rest: { schedule: { webhook: { key: "leak" } } },
  },
};
const ending: Readonly<Record<string, string>> = { fails: "dead", slow: "dead", crashes: "dead", hook: "completed" };
/** It is given its secret as a file only, and dies of it. */
const crashingImage = `
  const secret = require("fs").readFileSync("/run/secrets/leak/TOKEN", "utf8");
  for (const v of [secret, process.env.CANARY]) console.log(v, Buffer.from(v).toString("base64"));
  setTimeout(() => { throw new Error(secret + process.env.CANARY); }, 1000);`;

let drover: Drover;
let image: AppImage;
let names: Names;
const spoken: Found[] = [];

beforeAll(async () => {
  drover = await startDrover();
  const { url } = drover;
  image = await buildAppImage(drover.docker, crashingImage);
  const given = await command(["secret", "set", "leak", "-f", "-"], { url, stdin: JSON.stringify({ TOKEN: secret }) });
  const wrong = await command(["secret", "set", "leak", "-f", "-"], { url, stdin: `{"A": "${secret.slice(0, 20)}", ` });
  spoken.push({ where: "drover secret set", bytes: Buffer.from(JSON.stringify([given, wrong])) });
  if (given.code !== 0) throw new Error(given.stderr);
  const { value: key } = (await call<{ value: string }>(url, "POST", "/keys", { name: "leak" })).body;
  const scale = { cpu: 1, memory: "128MB" };
  const env = { TOKEN: "${secret://leak/TOKEN}", CANARY: canary };
  for (const [name, { code, rest }] of Object.entries(scripts)) {
    const breed = { deployable: { type: "application/javascript", definition: `${telling}\n${code}` } };
    await done(call(url, "PUT", `/workflows/${name}`, { breed, env, secrets: ["leak"], scale, ...rest }));
  }
  const app = { breed: { deployable: image.tag }, env: { CANARY: canary }, secrets: ["leak"], schedule: "daemon" };
  await done(call(url, "PUT", "/workflows/image", app));
  const hooked = await fetch(`${url}/hooks/hook`, { method: "POST", body: "{}", headers: { "x-api-key": key } });
  if (hooked.status !== 202) throw new Error(`the webhook answered ${hooked.status}`);
  for (const name of ["fails", "slow", "crashes"]) await done(call(url, "POST", `/workflows/${name}/run`, {}));
  const tested = call(url, "POST", "/breeds/hook/test", {
    workflow: "hook",
    breed: scriptOf("hook"),
    events: [{ tags: "a" }],
  });
  await Promise.all(Object.entries(ending).map(([name, state]) => ends(name, state)));
  await heard("tag=workflows:image&tag=instance:exited");
  await heard("tag=told&source=/workflows/daemon");
  spoken.push({ where: "POST /breeds/hook/test", bytes: Buffer.from(JSON.stringify(await done(tested))) });
  await done(call(url, "POST", "/workflows/hook/replay", { replay: "again", since: "1h", type: "webhook" }));
  await done(call(url, "POST", "/master-key/rotate"));
  await done(call(url, "PATCH", "/secrets/leak?redeploy=true", { values: { TOKEN: second } }));
  names = await everyName();
}, 120_000);

afterAll(async () => {
  await drover[Symbol.asyncDispose]();
  await image[Symbol.asyncDispose]();
});

test("the secret, in whatever form, is nowhere but in the process that was given it", async () => {
  const log: Found = { where: "the controller's log", bytes: Buffer.from(drover.log.join("\n")) };
  const shown = [...(await answers(drover, names)), ...(await said(drover, commands())), ...spoken];
  const stored = [...(await messages(drover)), ...files(drover)];
  const kept = [...(await engine(drover)), log];
  const everything = [...shown, ...stored, ...kept];
  expect(holding(everything, [...needlesOf(secret), ...needlesOf(second)])).toEqual([]);

  const seen = holding([...shown, ...stored], needlesOf(canary));
  for (const where of [
    /^GET \/api\/v1\/events:/,
    /^GET .*\/logs:/,
    /^GET \/api\/v1\/runs\//,
    /^drover logs/,
    /^EVENTS/,
    /^LOGS/,
    /index\.sqlite/,
  ])
    expect(
      seen.some((one) => where.test(one)),
      `${where} shows what is no secret`,
    ).toBe(true);
}, 120_000);

function scriptOf(name: string): object {
  return { deployable: { type: "application/javascript", definition: `${telling}\n${scripts[name]?.code ?? ""}` } };
}

async function done<T>(answer: Promise<{ status: number; body: T }>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

function ends(workflow: string, state: string): Promise<unknown> {
  return eventually(
    async () => (await call<RunRecord[]>(drover.url, "GET", `/runs?workflow=${workflow}`)).body,
    (runs) => runs.length > 0 && runs.every((run) => run.state === state),
    60_000,
  );
}

function heard(query: string): Promise<unknown> {
  return eventually(
    async () => (await call<StoredEvent[]>(drover.url, "GET", `/events?${query}`)).body,
    (events) => events.length > 0,
    60_000,
  );
}

async function everyName(): Promise<Names> {
  const ids = async (path: string): Promise<string[]> =>
    (await done(call<{ id: string }[]>(drover.url, "GET", `${path}?per_page=1000`))).map(({ id }) => id);
  const [events, runs] = [await ids("/events"), await ids("/runs")];
  const { streams } = await done(call<{ streams: string[] }>(drover.url, "GET", "/backup"));
  const workflows = [...Object.keys(scripts), "image"];
  const more = {
    secrets: ["leak"],
    keys: ["leak"],
    tokens: ["none"],
    breeds: ["hook"],
    revision: ["1"],
    replay: ["again"],
  };
  return { events, runs, trace: [...runs, ...events].slice(0, 40), stream: streams, workflows, ...more };
}

function commands(): readonly (readonly string[])[] {
  const run = names["runs"]?.[0] ?? "";
  return [
    ...["hook", "image"].map((name) => ["describe", "workflow", name]),
    ["logs", "hook", "--lines", "500", "-t"],
    ...["workflows", "events"].map((kind) => ["get", kind, "-o", "json"]),
    ["ps"],
    ["runs"],
    ["describe", "run", run],
    ["trace", run],
    ["tail", "--since", "1h", "--until", "now", "--json", "--logs"],
    ["history", "workflow", "daemon"],
    ["secret", "list"],
    ["secret", "list", "-o", "json"],
    ["secret", "delete", "leak"],
    ["info", "-o", "json"],
  ];
}
