// A host with Docker and no nats-server: the controller runs one in a container.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import Docker from "dockerode";
import { pack } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { progressDone } from "../../controller/runtime/image-build.ts";
import { call, eventually } from "../api.ts";
import { containersOf } from "../docker.ts";
import { type Drover, startDrover } from "../drover.ts";

const run = promisify(execFile);
const docker = new Docker();
const image = { repo: "drover-test-nats", tag: "local" };

let drover: Drover;
beforeAll(async () => {
  await importNatsImage();
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const withoutNats = folders.filter((folder) => !existsSync(join(folder, "nats-server"))).join(delimiter);
  drover = await startDrover({ PATH: withoutNats, DROVER_NATS_IMAGE: `${image.repo}:${image.tag}` });
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
  await docker.getImage(`${image.repo}:${image.tag}`).remove();
});

/** This host's own server as an image, in the place of the published one. */
async function importNatsImage(): Promise<void> {
  const { stdout: found } = await run("sh", ["-c", "command -v nats-server || echo /usr/sbin/nats-server"]);
  const program = found.trim();
  const { stdout: loaded } = await run("ldd", [program]);
  const archive = pack();
  for (const path of [program, ...(loaded.match(/\/\S+(?= \()/g) ?? [])]) {
    archive.entry({ name: path.slice(1), mode: 0o755 }, await readFile(await realpath(path)));
  }
  archive.finalize();
  const options = { ...image, changes: [`ENTRYPOINT ["${program}"]`] };
  await progressDone(docker, await docker.importImage(Readable.from(archive), options));
}

const natsContainers = async () =>
  (await containersOf(docker, drover.installation)).filter((one) => one.Labels["drover.role"] === "nats");

test("workflows run with it, and a killed controller's successor adopts it with everything that is stored", async () => {
  const breed = { deployable: { type: "application/javascript", definition: "setInterval(() => {}, 1000);" } };
  await call(drover.url, "POST", "/workflows", { name: "w", breed, schedule: "daemon" });
  const status = async () => (await call<string>(drover.url, "GET", "/workflows/w/status")).body;
  await eventually(status, (word) => word === "running");
  const before = await natsContainers();
  await drover.end("SIGKILL");
  await drover.startAgain();
  expect((await natsContainers()).map((one) => one.Id)).toEqual(before.map((one) => one.Id));
  expect(await eventually(status, (word) => word === "running")).toBe("running");
});

test("it stops with the controller and comes back on its port with its store", async () => {
  expect(await drover.end("SIGTERM")).toBe(0);
  expect(await natsContainers()).toEqual([]);
  await drover.startAgain();
  expect((await call<{ name: string }>(drover.url, "GET", "/workflows/w")).body.name).toBe("w");
  await call(drover.url, "DELETE", "/workflows/w");
  const left = await eventually(natsAndOthers, (names) => names.length === 1);
  expect(left).toEqual(["nats"]);
});

const natsAndOthers = async () =>
  (await containersOf(docker, drover.installation)).map((one) => one.Labels["drover.role"]);
