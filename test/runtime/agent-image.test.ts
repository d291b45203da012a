import { createServer } from "node:http";
import { once } from "node:events";
import Docker from "dockerode";
import { expect, test } from "vitest";
import { bundleAgent } from "../../controller/runtime/agent-bundle.ts";
import { ensureAgentImage } from "../../controller/runtime/agent-image.ts";
import { framesOf } from "../../controller/runtime/docker-frames.ts";
import { fixtureEntries } from "./instances.ts";

const docker = new Docker();

/** Output of one container of the image, as the user that runs user code. */
async function runInside(image: string, program: string): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    User: "1000",
    Entrypoint: ["/usr/local/bin/node", "-e", program],
    HostConfig: { ReadonlyRootfs: true, NetworkMode: "none" },
  });
  try {
    await container.start();
    await container.wait();
    const logs = await container.logs({ stdout: true, stderr: true });
    return framesOf(logs)
      .map((frame) => frame.text)
      .join("");
  } finally {
    await container.remove({ force: true });
  }
}

test("an image that is there is found by its content and not built again", async () => {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const [first, second] = await Promise.all([
    ensureAgentImage(docker, { log, entries: fixtureEntries }),
    ensureAgentImage(docker, { log, entries: fixtureEntries }),
  ]);
  expect(first).toMatch(/^drover-agent:[0-9a-f]{12}$/);
  expect(second).toBe(first);
  lines.length = 0;
  expect(await ensureAgentImage(docker, { log, entries: fixtureEntries })).toBe(first);
  expect(lines).toEqual([]);
});

test("other sources make another image on the same base", async () => {
  const entries = { ...fixtureEntries, agent: fixtureEntries.runner };
  const other = await ensureAgentImage(docker, { log: () => {}, entries });
  const usual = await ensureAgentImage(docker, { log: () => {}, entries: fixtureEntries });
  expect(other).not.toBe(usual);
  const [a, b] = await Promise.all([other, usual].map((tag) => docker.getImage(tag).inspect()));
  expect(a?.RootFS.Layers?.[0]).toBe(b?.RootFS.Layers?.[0]);
  await docker.getImage(other).remove();
});

test("user code inside finds the client and highland, and one highland for both", async () => {
  const image = await ensureAgentImage(docker, { log: () => {}, entries: fixtureEntries });
  const output = await runInside(
    image,
    `const ofUser = require("node:module").createRequire("/agent/user-code.js");
    const vamp = ofUser("vamp-node-client"), highland = ofUser("highland");
    highland([1, 2, 3]).toArray((numbers) => console.log(JSON.stringify({
      client: Object.keys(vamp).sort(),
      version: ofUser("vamp-node-client/package.json").version,
      stream: highland.isStream(new vamp.Api().get("events")),
      numbers,
      uid: process.getuid(),
      user: require("node:os").userInfo().username,
      node: process.versions.node.split(".")[0],
    })));`,
  );
  expect(JSON.parse(output)).toEqual({
    client: ["Api", "ElasticsearchMetrics", "Http", "Log", "Util", "result", "run"],
    version: "0.9.4",
    stream: true,
    numbers: [1, 2, 3],
    uid: 1000,
    user: "drover",
    node: "24",
  });
});

test("the same sources give the same bundle, byte for byte", async () => {
  const [first, second] = [await bundleAgent(fixtureEntries), await bundleAgent(fixtureEntries)];
  expect(second.hash).toBe(first.hash);
});

test("an engine that cannot import says why", async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url?.includes("/json") ? 404 : 500, { "content-type": "application/json" });
    response.end(JSON.stringify({ message: "no space left on device" }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const broken = new Docker({ host: "127.0.0.1", port, protocol: "http" });
  await expect(ensureAgentImage(broken, { log: () => {}, entries: fixtureEntries })).rejects.toThrow("no space left");
  server.close();
  server.closeAllConnections();
});

test("the project's own agent starts in its image and refuses what is no assignment", async () => {
  const image = await ensureAgentImage(docker, { log: () => {} });
  const container = await docker.createContainer({ Image: image, HostConfig: { NetworkMode: "none" } });
  try {
    await container.start();
    expect(await container.wait()).toMatchObject({ StatusCode: 64 });
  } finally {
    await container.remove({ force: true });
  }
});
