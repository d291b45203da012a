// An installation is removed from a machine as a whole, and with it nothing of another.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { isAlive } from "../../bus/server-process.ts";
import { call, eventually } from "../api.ts";
import { serverRecord } from "../controller-nats.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

const main = new URL("../../cli/main.js", import.meta.url).pathname;
const breed = { deployable: { type: "application/javascript", definition: "setInterval(() => {}, 1000)" } };

async function uninstall(home: string, ...flags: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, DROVER_HOME: home };
  return promisify(execFile)(process.execPath, [main, "uninstall", ...flags], { env }).catch((error) => error);
}

async function withDaemon(drover: Drover): Promise<void> {
  await call(drover.url, "POST", "/workflows", { name: "waiting", breed, schedule: "daemon" });
  await eventually(
    () => containersOf(drover.docker, drover.installation),
    (found) => found.some((one) => one.Labels["drover.role"] === "agent" && one.State === "running"),
  );
}

test("uninstall removes all of one installation and nothing of another", { timeout: 120_000 }, async () => {
  await using drover = await startDrover();
  await using other = await startDrover();
  await Promise.all([withDaemon(drover), withDaemon(other)]);

  expect((await uninstall(drover.home, "--yes")).stderr).toContain("another controller");
  // Killed, so that its nats-server is left, too.
  await drover.end("SIGKILL");
  const { process: server } = serverRecord(drover.home);
  const told = (await uninstall(drover.home)).stdout;
  expect(told).toContain(`would remove installation ${drover.installation}`);
  expect(told).toContain(`the container drover-${drover.installation}-waiting.holder`);
  expect(await containersOf(drover.docker, drover.installation)).not.toEqual([]);
  expect(isAlive(server)).toBe(true);

  const done = await uninstall(drover.home, "--yes");
  expect(done.stderr).toBe("");
  expect(await containersOf(drover.docker, drover.installation)).toEqual([]);
  const label = [`drover.installation=${drover.installation}`];
  expect(await drover.docker.listNetworks({ filters: { label } })).toEqual([]);
  expect(isAlive(server)).toBe(false);
  expect(existsSync(drover.home)).toBe(false);

  const left = await containersOf(other.docker, other.installation);
  expect(left.filter(({ State }) => State === "running").length).toBeGreaterThanOrEqual(2);
  expect((await call(other.url, "GET", "/info")).status).toBe(200);
});

test("a network that another installation listens on stays", { timeout: 120_000 }, async () => {
  await using drover = await startDrover();
  const [network] = await drover.docker.listNetworks({
    filters: { label: [`drover.installation=${drover.installation}`] },
  });
  await using other = await startDrover({ DROVER_NETWORK: network?.Name ?? "" });
  await drover.end("SIGTERM");
  const done = await uninstall(drover.home, "--yes");
  expect(done.stdout).toContain(`not the network ${network?.Name}: another installation uses it`);
  expect((await call(other.url, "GET", "/info")).status).toBe(200);
});
