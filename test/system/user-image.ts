// An image such as a user might bring: a program for Node, under the user that it names.
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { progressDone } from "../../controller/runtime/image-build.ts";

export async function buildUserImage(
  docker: Docker,
  { from, user, program }: { from: string; user: string; program: string },
): Promise<AsyncDisposable & { readonly tag: string }> {
  const tag = `drover-test-user:${randomUUID().slice(0, 8)}`;
  const context = pack();
  context.entry({ name: "program.js", mode: 0o644 }, program);
  const entrypoint = JSON.stringify(["/usr/local/bin/node", "/program.js"]);
  context.entry({ name: "Dockerfile" }, `FROM ${from}\nCOPY program.js /\nUSER ${user}\nENTRYPOINT ${entrypoint}\n`);
  context.finalize();
  await progressDone(docker, await docker.buildImage(Readable.from(context), { t: tag, rm: true, forcerm: true }));
  return {
    tag,
    async [Symbol.asyncDispose]() {
      await docker.getImage(tag).remove({ force: true });
    },
  };
}
