// The image of breeds/image.yml: one small program that knows nothing of Drover but the address in VAMP_URL. Built without a
// registry, on the same base as the agent.
import type Docker from "dockerode";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { imageExists, progressDone } from "../controller/runtime/image-build.ts";
import { ensureNodeImage } from "../controller/runtime/node-image.ts";

export const exampleImage = "drover-example:latest";

const program = `
const say = async () => {
  console.log(process.env.GREETING);
  const body = JSON.stringify({ tags: ["image"], value: process.env.GREETING });
  const answer = await fetch(process.env.VAMP_URL + "/api/v1/events", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!answer.ok) console.error("not stored:", answer.status);
};
const trySay = () => say().catch((error) => console.error(String(error.cause ?? error)));
process.on("SIGTERM", () => process.exit(0));
setInterval(trySay, 5000);
trySay();
`;

export async function ensureExampleImage(docker: Docker, options: { log: (line: string) => void }): Promise<void> {
  if (await imageExists(docker, exampleImage)) return;
  const base = await ensureNodeImage(docker, options);
  options.log(`building the image ${exampleImage} of the examples`);
  const context = pack();
  context.entry(
    { name: "Dockerfile" },
    `FROM ${base}\nCOPY main.mjs /main.mjs\nCMD ["node", "/main.mjs"]\nLABEL drover.role=image\n`,
  );
  context.entry({ name: "main.mjs" }, program);
  context.finalize();
  await progressDone(
    docker,
    await docker.buildImage(Readable.from(context), { t: exampleImage, rm: true, forcerm: true }),
  );
}
