// A small image such as a user might bring: it greets on both streams, then ends with EXIT or waits for SIGTERM.
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { progressDone } from "../../controller/runtime/image-build.ts";
import { ensureNodeImage } from "../../controller/runtime/node-image.ts";

const program = `
  console.log("hello " + process.env.NAME);
  console.error("at " + process.env.VAMP_URL);
  if (process.env.EXIT) process.exitCode = Number(process.env.EXIT);
  else process.once("SIGTERM", () => { console.log("bye"); process.exit(0); }), setInterval(() => {}, 60000);
`;

export type AppImage = AsyncDisposable & { readonly tag: string };

/** `source`: another program for it. */
export async function buildAppImage(docker: Docker, source = program): Promise<AppImage> {
  const base = await ensureNodeImage(docker, { log: () => {} });
  const tag = `drover-test-app:${randomUUID().slice(0, 8)}`;
  const context = pack();
  const entrypoint = JSON.stringify(["/usr/local/bin/node", "-e", source]);
  context.entry({ name: "Dockerfile" }, `FROM ${base}\nENTRYPOINT ${entrypoint}\n`);
  context.finalize();
  await progressDone(docker, await docker.buildImage(Readable.from(context), { t: tag, rm: true, forcerm: true }));
  return {
    tag,
    async [Symbol.asyncDispose]() {
      await docker.getImage(tag).remove({ force: true });
    },
  };
}
