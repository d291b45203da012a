// Every example in breeds/ is applied with the command line and does what its first lines say.
import { readdirSync } from "node:fs";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureExampleImage } from "../../scripts/example-image.ts";
import { type StoredEvent, call, eventually, follow } from "../api.ts";
import { drover as command } from "../cli/drover.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

const folder = new URL("../../breeds/", import.meta.url).pathname;

type Example = {
  readonly workflow: string;
  /** What shows that the example works. */
  readonly says: (event: StoredEvent) => boolean;
  /** What its first lines tell to try. */
  readonly tried?: (url: string) => Promise<unknown>;
  /** What applying it warns of. */
  readonly warns?: string;
};

const shows: Readonly<Record<string, Example>> = {
  "hello.yml": { workflow: "hello", says: (event) => event.type === "my_type" && event.value === "from hello" },
  "counter.yml": {
    workflow: "counter",
    says: (event) => event.tags.includes("counter:seen") && event.run !== undefined,
  },
  "inventory.yml": {
    workflow: "inventory",
    says: (event) => event.type === "inventory" && Object.keys(event.value as object).includes("inventory"),
  },
  "image.yml": {
    workflow: "image",
    says: (event) => event.tags.includes("image") && event.value === "hello from an image",
  },
  "orders.yml": {
    workflow: "orders",
    tried: (url) => command(["emit", "order", "--type", "order.placed", "--value", '{"id": 7, "total": 100}'], { url }),
    says: (event) => event.type === "invoice.made" && (event.value as { due: number }).due === 121,
  },
  "clock.yml": {
    workflow: "clock",
    says: (event) => event.tags.includes("clock") && (event.value as { late: number }).late < 5_000,
  },
  "hook.yml": {
    workflow: "hook",
    warns: "there is no key hook-key: drover key create hook-key",
    async tried(url) {
      const { stdout } = await command(["key", "create", "hook-key"], { url });
      const key = /drover_[\w-]+/.exec(stdout)?.[0] ?? "";
      const headers = { "x-api-key": key, "Content-Type": "application/json" };
      return fetch(`${url}/hooks/hook`, { method: "POST", headers, body: '{"ref": "main"}' });
    },
    says: (event) => event.type === "build.asked" && event.tags.includes("build:main"),
  },
  "report.yml": {
    workflow: "report",
    tried: (url) => command(["run", "report", "--value", '{"days": 7}', "--wait"], { url }),
    says: (event) =>
      event.tags.includes("run:completed") && JSON.stringify(event.value).includes('"result":{"days":7,"workflows":1}'),
  },
};

let drover: Drover;
beforeAll(async () => {
  await ensureExampleImage(new Docker(), { log: () => {} });
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

test("there is no example without a test", () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(shows).toSorted());
});

test.each(Object.entries(shows))("%s", async (file, { workflow, says, tried, warns = "" }) => {
  await using tail = await follow(drover.url);
  const applied = await command(["apply", "-f", `${folder}${file}`], { url: drover.url });
  expect(applied).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(warns === "" ? /^$/ : warns),
    stdout: expect.stringContaining(`workflow ${workflow} created`),
  });
  await tried?.(drover.url);
  const event = await tail.until(says);
  expect(event.source).toBe(`/workflows/${workflow}`);
  await eventually(
    async () => (await call<string>(drover.url, "GET", `/workflows/${workflow}/status`)).body,
    (status) => status === "running",
  );
  const logs = await call<{ stream: string; text: string }[]>(drover.url, "GET", `/workflows/${workflow}/logs`);
  expect(logs.body.filter((line) => line.stream === "stderr")).toEqual([]);
  expect((await command(["delete", "-f", `${folder}${file}`], { url: drover.url })).code).toBe(0);
  await eventually(
    () => containersOf(drover.docker, drover.installation),
    (containers) => containers.length === 0,
  );
});
