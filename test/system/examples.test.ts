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

/** What shows that an example works, and where. */
const shows: Readonly<Record<string, { workflow: string; says: (event: StoredEvent) => boolean }>> = {
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

test.each(Object.entries(shows))("%s", async (file, { workflow, says }) => {
  await using tail = await follow(drover.url);
  const applied = await command(["apply", "-f", `${folder}${file}`], { url: drover.url });
  expect(applied).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining(`workflow ${workflow} created`),
  });
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
