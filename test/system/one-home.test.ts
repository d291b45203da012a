// One home has one controller, and what it runs beside itself comes back when it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

const main = new URL("../../cli/main.js", import.meta.url).pathname;

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
  await rm(`${drover.home}-other`, { recursive: true, force: true });
});

async function up(environment: Readonly<Record<string, string>>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [main, "up"], { env: { ...process.env, ...environment }, stdio: "pipe" });
  const said = text(child.stdout);
  await once(child, "exit");
  return { code: child.exitCode, said: await said };
}

const emit = () => call<{ id: string }>(drover.url, "POST", "/events", { tags: "a" });

test("a second controller with the same home is refused by name and takes nothing from the first", async () => {
  const second = await up({ DROVER_HOME: drover.home, DROVER_PORT: "0" });
  expect(second.code).toBe(1);
  expect(second.said).toMatch(/another controller \(process \d+\) runs with the home/);
  expect((await emit()).status).toBe(201);
});

test("an own nats-server that ends is started again, and requests that meet the gap are answered", async () => {
  const pid = () => JSON.parse(readFileSync(join(drover.home, "nats", "server.json"), "utf8")).process.pid as number;
  const before = pid();
  process.kill(before, "SIGKILL");
  expect((await emit()).status).toBe(201);
  expect(pid()).not.toBe(before);
  const ready = async () => (await fetch(`${drover.url}/readyz`)).status;
  expect(await eventually(ready, (status) => status === 200)).toBe(200);
});

test.each([
  ["no Docker engine", { DOCKER_HOST: "tcp://127.0.0.1:1" }, /no Docker engine answers at tcp:\/\/127\.0\.0\.1:1/],
  ["a setting that makes no sense", { DROVER_PORT: "many" }, /^$/],
])("%s is one clear line and an exit code", async (_, environment, says) => {
  const ended = await up({ DROVER_HOME: `${drover.home}-other`, ...environment });
  expect(ended.code).toBeGreaterThan(0);
  expect(ended.said).toMatch(says);
});
