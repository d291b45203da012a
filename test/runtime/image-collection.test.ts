// Images that Drover builds do not pile up, and none that somebody uses is taken away.
import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { expect, test } from "vitest";
import { ensureAgentImage } from "../../controller/runtime/agent-image.ts";
import { type BuiltImage, unneededImages } from "../../controller/runtime/image-collection.ts";
import { keepImages } from "../../controller/runtime/image-keeper.ts";
import { eventually } from "../api.ts";

const hourMs = 3_600_000;
const nowMs = 100 * hourMs;

function image(tag: string | null, hoursAgo: number, hasContainer = false): BuiltImage {
  const tags = tag === null ? [] : [tag];
  return { id: `sha256:${tag ?? "nameless"}`, tags, namedMs: nowMs - hoursAgo * hourMs, hasContainer };
}

test("the newest image of each kind stays, however old it is", () => {
  const images = [image("drover-agent:a", 90), image("drover-agent:b", 91), image("drover-node:c", 92)];
  expect(unneededImages(images, nowMs)).toEqual(["drover-agent:b"]);
});

test("an image that a container is made of, or that a controller has just said to use, stays", () => {
  const images = [
    image("drover-agent:newest", 0.1),
    image("drover-agent:in-a-container", 50, true),
    image("drover-agent:of-an-idle-controller", 0.5),
    image("drover-agent:left", 2),
  ];
  expect(unneededImages(images, nowMs)).toEqual(["drover-agent:left"]);
});

test("layers that a build left behind go, those of a build that may be under way do not", () => {
  expect(unneededImages([image(null, 2), image(null, 0.5)], nowMs)).toEqual(["sha256:nameless"]);
});

test("images of others, also of names that begin alike, are nobody's business here", () => {
  const images = [image("drover-agent-mine:1", 90), image("redis:8", 90), image("drover-example:latest", 90)];
  expect(unneededImages(images, nowMs)).toEqual([]);
});

test("a controller says that it uses its image, and builds it again when somebody has removed it", async () => {
  const docker = new Docker();
  const own = await ensureAgentImage(docker, { log: () => {} });
  const tag = `drover-test-kept:${randomUUID().slice(0, 8)}`;
  const [repo = "", version = ""] = tag.split(":");
  const name = (): Promise<unknown> => docker.getImage(own).tag({ repo, tag: version });
  const end = new AbortController();
  const said: string[] = [];
  const parts = {
    agentImage: tag,
    async build() {
      await name();
      return tag;
    },
    signal: end.signal,
    // Long ago: nothing is old enough to be removed.
    nowMs: () => 0,
    log: (line: string) => void said.push(line),
  };
  try {
    keepImages(docker, parts);
    await eventually(
      () => Promise.resolve(said),
      (lines) => lines.includes(`the image ${tag} was removed; building it again`),
    );
    const beforeMs = Date.now();
    keepImages(docker, parts);
    await eventually(
      async () => (await docker.getImage(tag).inspect()) as unknown as { Metadata: { LastTagTime: string } },
      ({ Metadata }) => Date.parse(Metadata.LastTagTime) >= beforeMs,
    );
  } finally {
    end.abort();
    await docker.getImage(tag).remove();
  }
});
