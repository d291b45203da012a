// 500 workflows that are applied at once and deleted at once, while others work. Some of them are daemons that have hardly started by
// then. Nothing of them may be left.
import { call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import type { Drover } from "../drover.ts";
import type { Fault } from "./fault.ts";

const count = 500;
const daemons = 5;
const breed = { deployable: { type: "application/javascript", definition: "setInterval(() => {}, 1000)" } };

export const manyWorkflows: Fault = {
  name: "many-workflows",
  holdSecondsMax: 2,
  async inject({ drover, random }) {
    const sort = `crowd-${Math.floor(random() * 1e6)}`;
    const names = Array.from({ length: count }, (_, n) => `${sort}-${n}`);
    const documents = names.map((name, n) => ({
      kind: "workflow",
      name,
      breed,
      schedule: n < daemons ? "daemon" : n % 2 ? "manual" : { event: "nobody-sends-this" },
    }));
    await accepted(drover, "POST", documents);
    return {
      what: `applied ${count} workflows at once`,
      undo: () => accepted(drover, "DELETE", documents),
      check: () => leftOf(drover, sort),
    };
  },
};

/** A controller that was killed meanwhile may have done some of it: what is applied or deleted twice is so all the same. */
async function accepted(drover: Drover, method: string, documents: readonly unknown[]): Promise<void> {
  await eventually(
    async () => {
      try {
        const { status, body } = await call(drover.url, method, "", documents);
        return { status, body: JSON.stringify(body).slice(0, 300) };
      } catch {
        return { status: 0, body: "no answer" };
      }
    },
    ({ status }) => status > 0 && status < 300,
    60_000,
  );
}

async function leftOf(drover: Drover, sort: string): Promise<readonly string[]> {
  const isOfThese = (name: unknown): boolean => String(name).startsWith(sort);
  const { body } = await call<{ name: string }[]>(drover.url, "GET", "/workflows?per_page=1000");
  const workflows = body.filter(({ name }) => isOfThese(name)).map(({ name }) => `${name} is still a workflow`);
  const containers = await eventually(
    async () =>
      (await containersOf(drover.docker, drover.installation)).filter((one) =>
        isOfThese(one.Labels["drover.workflow"]),
      ),
    (found) => found.length === 0,
  ).catch(() => ["some"]);
  return containers.length === 0 ? workflows : [...workflows, `containers of ${sort} are left`];
}
