// A controller with a workflow that minds its own business, and workflows beside it that do not.
import { expect } from "vitest";
import type { RunRecord } from "../../controller/runs/history.ts";
import { call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

type Outcome = NonNullable<RunRecord["outcome"]>;

export type Hostile = AsyncDisposable & {
  readonly drover: Drover;
  /** A workflow that is run by hand. */
  save(name: string, definition: string, rest?: Record<string, unknown>): Promise<void>;
  /** How a run of it ended, the last attempt of a dead letter. */
  outcomeOf(name: string, value?: unknown): Promise<Outcome>;
  /** What a run that must complete gave. */
  resultOf(name: string, value?: unknown): Promise<unknown>;
  /** The workflow beside it works, and the controller answers. */
  undisturbed(): Promise<void>;
};

/** For user code: what becomes of an attempt, as a word. */
export const why = `const why = (does) => { try { const made = does(); return made === undefined ? 'done' : String(made).slice(0, 40); } catch (error) { return error.code ?? error.message; } };`;

export async function startHostile(): Promise<Hostile> {
  const drover = await startDrover();
  const hostile: Hostile = {
    drover,
    async save(name, definition, rest = {}) {
      const breed = { deployable: { type: "application/javascript", definition } };
      const scale = { cpu: 1, memory: "192MB" };
      const workflow = { breed, scale, schedule: "manual", timeout: "PT45S", ...rest };
      const { status, body } = await call(drover.url, "PUT", `/workflows/${name}`, workflow);
      if (status >= 300) throw new Error(JSON.stringify(body));
    },
    async outcomeOf(name, value = null) {
      const { status, body } = await call<{ run: string }>(drover.url, "POST", `/workflows/${name}/run`, { value });
      if (status !== 202) throw new Error(JSON.stringify(body));
      const record = async () => (await call<RunRecord>(drover.url, "GET", `/runs/${body.run}`)).body;
      const { outcome } = await eventually(record, ({ state }) => state === "completed" || state === "dead", 60_000);
      return (outcome?.kind === "dead" ? outcome.last : outcome) as Outcome;
    },
    async resultOf(name, value = null) {
      const outcome = await hostile.outcomeOf(name, value);
      expect(outcome).toMatchObject({ kind: "completed" });
      return outcome.kind === "completed" ? outcome.result : undefined;
    },
    async undisturbed() {
      expect(await hostile.resultOf("bystander", 42)).toBe(42);
      expect((await call(drover.url, "GET", "/info")).status).toBe(200);
    },
    [Symbol.asyncDispose]: () => drover[Symbol.asyncDispose](),
  };
  await hostile.save("bystander", "module.exports = ({ value }) => value;");
  await hostile.resultOf("bystander", 0);
  return hostile;
}
