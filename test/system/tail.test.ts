// `drover tail` as a person uses it: through a killed controller, and with what workflows write between the events.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../model/event.ts";
import type { LogLine } from "../../cli/views.ts";
import { call, eventually } from "../api.ts";
import { drover as command, startDrover as startCommand } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

/** Again until it is stored; a repeat is the same event. */
async function store(value: number, type: string): Promise<void> {
  const body = { tags: ["tailed"], type, value };
  const key = { "Idempotency-Key": `${type}-${value}` };
  await eventually(
    () =>
      call(drover.url, "POST", "/events", body, key).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 201,
  );
}

const documents = <T>(stdout: string): T[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);

test("a tail from the past goes on through a killed controller: every event once and in order", async () => {
  const before = 50;
  for (let value = 0; value < before; value += 1) await store(value, "through");
  const tail = startCommand(["tail", "--since", "1h", "--type", "through", "--json"], { url: drover.url });
  await using _ = tail;
  await tail.said(`"value":${before - 1},`);
  let value = before;
  const over = new AbortController();
  const storing = (async () => {
    while (!over.signal.aborted) await store(value++, "through");
  })();
  for (let kills = 0; kills < 2; kills += 1) {
    await tail.said(`"value":${value + 20},`);
    await drover.end("SIGKILL");
    await drover.startAgain();
  }
  await tail.said(`"value":${value + 20},`);
  over.abort();
  await storing;
  await tail.said(`"value":${value - 1},`);
  tail.child.kill("SIGINT");
  const { code, stdout, stderr } = await tail.ended;
  expect(code).toBe(0);
  expect(documents<Event>(stdout).map((event) => event.value)).toEqual(Array.from({ length: value }, (__, n) => n));
  expect(stderr).toContain("the controller answers again");
});

test("--no-follow ends with what there was, --until in the future with what comes until then", async () => {
  for (const value of [1, 2, 3]) await store(value, "bounded");
  const query = ["--type", "bounded", "--json", "--since", "1h"];
  const past = await command(["tail", ...query, "--no-follow"], { url: drover.url });
  expect(past).toMatchObject({ code: 0, stderr: "" });
  const [first, ...others] = documents<Event>(past.stdout);
  expect([first, ...others].map((event) => event?.value)).toEqual([1, 2, 3]);
  const behind = ["tail", "--type", "bounded", "--json", "--since", String(first?.id), "--no-follow"];
  expect(documents<Event>((await command(behind, { url: drover.url })).stdout)).toEqual(others);
  const until = new Date(Date.now() + 3_000).toISOString();
  await using tail = startCommand(["tail", ...query, "--until", until], { url: drover.url });
  await tail.said('"value":3,');
  await store(4, "bounded");
  const { code, stdout } = await tail.ended;
  expect(code).toBe(0);
  expect(documents<Event>(stdout).map((event) => event.value)).toEqual([1, 2, 3, 4]);
  const wrong = await command(["tail", "--no-follow"], { url: drover.url });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--since 1h") });
  const unknown = await command(["tail", "--since", "nobody"], { url: drover.url });
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('"nobody" is the id of no event') });
});

const steps = 4;
const script = `
const api = new (require('vamp-node-client').Api)();
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
module.exports = async () => {
  for (let n = 0; n < ${steps}; n += 1) {
    console.log('before ' + n);
    await pause();
    await api.event('step', n, 'step');
    await pause();
    console.error('after ' + n);
    await pause();
  }
};
`;

test("with --logs what a workflow writes stands between its events; live, both come once and each in its order", async () => {
  const breed = { deployable: { type: "application/javascript", definition: script } };
  await call(drover.url, "POST", "/workflows", { name: "stepper", breed, schedule: "manual", scale: { cpu: 1 } });
  const query = ["--logs", "--json", "--workflow", "stepper", "--type", "step"];
  await using live = startCommand(["tail", ...query], { url: drover.url });
  await using text = startCommand(["tail", "--logs", "--workflow", "stepper"], { url: drover.url });
  await call(drover.url, "POST", "/workflows/stepper/run?wait=PT60S");
  await live.said(`after ${steps - 1}`);
  await text.said(`after ${steps - 1}`);
  live.child.kill("SIGINT");
  text.child.kill("SIGINT");
  const expected = Array.from({ length: steps }, (_, n) => [`before ${n}`, n, `after ${n}`]).flat();
  type Line = ({ kind: "event" } & Event) | ({ kind: "log" } & LogLine);
  const whatOf = (stdout: string): unknown[] =>
    documents<Line>(stdout).map((line) => (line.kind === "log" ? line.text : line.value));
  // How soon an agent stores its lines is its own business, and live nobody is held back for long.
  const shown = whatOf((await live.ended).stdout);
  for (const kind of ["number", "string"])
    expect(shown.filter((one) => typeof one === kind)).toEqual(expected.filter((one) => typeof one === kind));
  const past = await command(["tail", ...query, "--since", "1h", "--no-follow"], { url: drover.url });
  expect(whatOf(past.stdout)).toEqual(expected);
  expect((await text.ended).stdout).toMatch(/^\S+Z {2}log {2}stepper {2}r-\w+ {2}stdout {2}before 0$/m);
});
