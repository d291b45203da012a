// The image that agents run in: a base with Node, and /agent on top. Built here, with no registry, and known by its content: the
// tag is the hash of what is inside, so an image that is there is never built again, and one that is missing is.
//
//   A1. Two builders at once, in one process or in two, end with the same tag on the same content.
import { createHash } from "node:crypto";
import { arch, platform } from "node:os";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { type AgentBundle, type AgentEntries, agentFile, bundleAgent } from "./agent-bundle.ts";
import { imageExists, progressDone } from "./image-build.ts";
import { ensureNodeImage } from "./node-image.ts";
import { createOncePerKey } from "./once-per-key.ts";

/** For hosts without a Linux Node to copy. Debian, Node at /usr/local/bin/node, and a `sleep`: what any base must have. */
const defaultBase = "node:24-bookworm-slim";
const agentFolder = "agent";

export type AgentImageOptions = {
  readonly log: (line: string) => void;
  /** An image to build on instead of this host's own Node. */
  readonly base?: string;
  /** Other sources for the agent than the project's own. */
  readonly entries?: AgentEntries;
};

const once = createOncePerKey<void>();

/** Returns the tag of the agent image, which is there then. Takes about 3 s the first time and 0.3 s from then on. */
export async function ensureAgentImage(docker: Docker, options: AgentImageOptions): Promise<string> {
  const copyable = platform() === "linux";
  const [bundle, base] = await Promise.all([
    bundleAgent(options.entries),
    options.base ?? (copyable ? ensureNodeImage(docker, options) : defaultBase),
  ]);
  const file = dockerfile(base);
  const hash = createHash("sha256").update(`${file}${arch()}${bundle.hash}`).digest("hex");
  const tag = `drover-agent:${hash.slice(0, 12)}`;
  await once(tag, async () => {
    if (await imageExists(docker, tag)) return;
    options.log(`building the agent image ${tag} on ${base}`);
    await buildImage(docker, { tag, file, bundle });
  });
  return tag;
}

function dockerfile(base: string): string {
  return [
    `FROM ${base}`,
    // First, so that what a build leaves behind half-made is known by it, too.
    "LABEL drover.role=image",
    `COPY ${agentFolder} /${agentFolder}`,
    "WORKDIR /",
    // No other workflow's process is in the same container, so the agent may end whatever user code left behind.
    "ENV DROVER_AGENT_OWNS_USER=1",
    `ENTRYPOINT ["/usr/local/bin/node", "/${agentFolder}/${agentFile}"]`,
    "CMD []",
    "",
  ].join("\n");
}

async function buildImage(docker: Docker, options: { tag: string; file: string; bundle: AgentBundle }): Promise<void> {
  const context = pack();
  context.entry({ name: "Dockerfile" }, options.file);
  for (const { path, contents } of options.bundle.files) {
    context.entry({ name: `${agentFolder}/${path}`, mode: 0o644 }, Buffer.from(contents));
  }
  context.finalize();
  const progress = await docker.buildImage(Readable.from(context), { t: options.tag, rm: true, forcerm: true });
  await progressDone(docker, progress);
}
