// What docs/metrics.md and the dashboard say of /metrics is what a real controller answers, and all of it.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunRecord } from "../../controller/runs/history.ts";
import { call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { type Scraped, documentedIn, familyOf, namesIn, scrapedOf } from "./scraped.ts";

type Target = { readonly expr: string; readonly legendFormat: string };
type Panel = {
  readonly title: string;
  readonly type: string;
  readonly datasource?: unknown;
  readonly targets?: Target[];
};
type Dashboard = {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
};

const read = (path: string): string => readFileSync(new URL(`../../docs/${path}`, import.meta.url), "utf8");
const dashboard = JSON.parse(read("grafana.json")) as Dashboard;
const documented = documentedIn(read("metrics.md"));
/** Prometheus itself adds it to every sample. */
const addedLabel = "instance";

let drover: Drover;
let scraped: Map<string, Scraped>;

/** A run that fails, is given again and fails for good; a daemon that is started again; and so every counter has something to tell. */
beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process" });
  const breed = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
  const failing = { breed: breed("module.exports = () => { throw new Error('no'); };"), schedule: "manual" };
  const retry = { times: 1, delay: "PT0.1S" };
  await call(drover.url, "PUT", "/workflows/failing", { ...failing, retry });
  await call(drover.url, "PUT", "/workflows/crashing", { breed: breed("process.exit(1);"), schedule: "daemon" });
  const { body } = await call<{ run: string }>(drover.url, "POST", "/workflows/failing/run", {});
  await eventually(
    async () => (await call<RunRecord>(drover.url, "GET", `/runs/${body.run}`)).body,
    ({ state }) => state === "dead",
  );
  // One run is at work for ever, the other one waits.
  const held = { ...failing, breed: breed("module.exports = () => new Promise(() => {});") };
  await call(drover.url, "PUT", "/workflows/held", { ...held, concurrency: 1, scale: { instances: 1 } });
  for (let n = 0; n < 2; n += 1) await call(drover.url, "POST", "/workflows/held/run", {});
  scraped = await eventually(scrape, (found) =>
    [...documented].every(([name, { labels }]) => labels.size === 0 || (found.get(name)?.labels.size ?? 0) > 0),
  );
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

async function scrape(): Promise<Map<string, Scraped>> {
  return scrapedOf(await (await fetch(`${drover.url}/metrics`)).text());
}

test("every metric of Drover's own is documented with its type and labels, and every documented one is there", () => {
  const own = [...scraped].filter(([name]) => name.startsWith("drover_"));
  const shape = (all: Iterable<readonly [string, Scraped]>) =>
    Array.from(all, ([name, { type, labels }]) => `${name} ${type} ${[...labels].toSorted().join(" ")}`).toSorted();
  expect(shape(documented)).toEqual(shape(own));
});

const panels = dashboard.panels.filter(({ type }) => type !== "row");

test.each(panels.map((panel) => [panel.title, panel] as const))(
  "the panel %s asks for metrics and labels that are there",
  (_, { targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat } of targets) {
      const { metrics, labels } = namesIn(expr);
      expect(metrics.length, expr).toBeGreaterThan(0);
      const families = metrics.map((name) => [name, familyOf(name, scraped)] as const);
      for (const [name, family] of families) expect(family, `${name} is in no scrape`).not.toBeNull();
      const known = new Set([addedLabel, "le"]);
      for (const [, family] of families) for (const label of family?.labels ?? []) known.add(label);
      const shown = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label = ""]) => label);
      for (const label of [...labels, ...shown]) expect([...known], `${label} in ${expr}`).toContain(label);
    }
  },
);

test("the dashboard shows every metric of Drover's own, from the data source that is chosen", () => {
  const asked = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr).metrics)));
  const isShown = (name: string): boolean => [...asked].some((one) => one === name || one.startsWith(`${name}_`));
  const own = [...scraped.keys()].filter((name) => name.startsWith("drover_"));
  expect(own.filter((name) => !isShown(name))).toEqual([]);
  expect(new Set(panels.map(({ datasource }) => JSON.stringify(datasource)))).toEqual(
    new Set([JSON.stringify({ type: "prometheus", uid: "${DS_PROMETHEUS}" })]),
  );
  expect(dashboard.templating.list[0]).toMatchObject({ name: "DS_PROMETHEUS", query: "prometheus" });
});
