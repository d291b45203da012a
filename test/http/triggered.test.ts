// Runs over HTTP in a whole Drover: what needs real runs to be seen.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunRecord, SlotRecord } from "../../controller/runs/history.ts";
import { type Answer, call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const code = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
const ask = <T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
  call<T>(drover.url, method, path, body);

async function save(name: string, definition: string, schedule: unknown = "manual"): Promise<void> {
  const { status, body } = await ask("PUT", `/workflows/${name}`, { breed: code(definition), schedule });
  expect(status, JSON.stringify(body)).toBe(200);
}

const runNow = async (name: string, value?: unknown): Promise<RunRecord> =>
  (await ask<RunRecord>("POST", `/workflows/${name}/run?wait=PT1M`, { value })).body;

test("a run that is waited for is answered with its result, and its lines are found under its id", async () => {
  await save("doubler", "module.exports = ({ value }) => { console.log('got', value); return value * 2; };");
  const run = await runNow("doubler", 21);
  expect(run).toMatchObject({ workflow: "doubler", trigger: "manual", state: "completed", outcome: { result: 42 } });
  const other = await runNow("doubler", 1);
  const lines = await eventually(
    async () => (await ask<{ text: string; run: string }[]>("GET", `/runs/${run.id}/logs`)).body,
    (all) => all.length > 0,
  );
  expect(lines).toMatchObject([{ text: "got 21", run: run.id }]);
  expect((await ask<RunRecord>("GET", `/runs/${other.id}`)).body).toEqual(other);
});

test("runs are found by workflow, state and age, in pages with their total", async () => {
  await save("either", "module.exports = ({ value }) => { if (value === 'bad') throw new Error('bad'); };");
  for (const value of ["good", "bad", "good"]) await runNow("either", value);
  const all = await ask<RunRecord[]>("GET", "/runs?workflow=either&since=1h&per_page=2");
  expect(all.body).toHaveLength(2);
  expect(all.headers.get("x-total-count")).toBe("3");
  expect((await ask<RunRecord[]>("GET", "/runs?workflow=either&state=completed")).body).toHaveLength(2);
  const dead = await ask<RunRecord[]>("GET", "/runs?workflow=either&dead=true");
  expect(dead.body).toMatchObject([{ state: "dead", outcome: { last: { error: { message: "bad" } } } }]);
  expect((await ask<RunRecord[]>("GET", "/runs?workflow=either&since=2999-01-01T00:00:00Z")).body).toEqual([]);
  const ids = dead.body.map(({ id }) => `id=${id}`).join("&");
  expect((await ask<RunRecord[]>("GET", `/runs?${ids}&id=r-none`)).body).toEqual(dead.body);
});

test("a trace shows the event, its run, what that emitted, and the run of that, wherever one begins", async () => {
  await save("first", "new (require('vamp-node-client').Api)().event(['trace-me']);");
  await save("second", "module.exports = () => 'end';", { event: "trace-me" });
  const first = await runNow("first");
  const second = await eventually(
    async () => (await ask<RunRecord[]>("GET", "/runs?workflow=second&state=completed")).body,
    (runs) => runs.length === 1,
  );
  const [run] = second;
  expect(run).toMatchObject({ trigger: "event", hops: 2 });
  for (const id of [first.id, first.cause, run?.id, run?.cause]) {
    const { status, body } = await ask("GET", `/trace/${id}`);
    expect(status).toBe(200);
    const text = JSON.stringify(body);
    for (const part of [first.id, first.cause, run?.id, run?.cause]) expect(text).toContain(part);
  }
});

test("the slots of a schedule are listed with the runs that they set off", async () => {
  await save("ticking", "module.exports = () => 1;", { time: "PT1S" });
  const slots = await eventually(
    async () => (await ask<SlotRecord[]>("GET", "/workflows/ticking/slots?outcome=ran")).body,
    (found) => found.length >= 2,
  );
  const [slot] = slots;
  const run = await eventually(
    async () => (await ask<RunRecord>("GET", `/runs/${slot?.run}`)).body,
    ({ state }) => state === "completed",
  );
  expect(run).toMatchObject({ trigger: "time", slot: slot?.due, cause: slot?.event });
  await ask("DELETE", "/workflows/ticking");
});

test("code of a workflow reads its own runs and nobody else's (I5)", async () => {
  await save("private", "module.exports = () => 'secret result';");
  const foreign = await runNow("private");
  await save(
    "curious",
    `module.exports = async ({ value }, { run }) => {
       const ask = async (path) => {
         const answer = await fetch(process.env.VAMP_URL + "/api/v1" + path);
         return { status: answer.status, text: await answer.text() };
       };
       const paths = ["/runs/" + value, "/runs?id=" + value, "/runs?workflow=private", "/trace/" + value, "/runs/" + run, "/events?type=run"];
       return Promise.all(paths.map(ask));
     };`,
  );
  const { outcome } = await runNow("curious", foreign.id);
  const answers = outcome?.kind === "completed" ? (outcome.result as { status: number; text: string }[]) : [];
  expect(answers.map(({ status }) => status)).toEqual([404, 200, 200, 403, 200, 200]);
  expect(answers.slice(1, 3).map(({ text }) => text)).toEqual(["[]", "[]"]);
  expect(answers[5]?.text).toContain(foreign.id);
  expect(JSON.stringify(answers)).not.toContain("secret result");
});
