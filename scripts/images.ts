// Builds the images that workflows need, unless they are there: the agent's, and the small one of breeds/image.yml.
import Docker from "dockerode";
import { ensureAgentImage } from "../controller/runtime/agent-image.ts";
import { ensureExampleImage } from "./example-image.ts";

const docker = new Docker();
const say = (line: string): void => console.log(`setup: ${line}`);
const base = process.env["DROVER_AGENT_BASE"];

await ensureAgentImage(docker, { log: say, ...(base ? { base } : {}) });
await ensureExampleImage(docker, { log: say });
