// A real controller under measurement, as the tests start it, with the processes behind it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { ensureAgentImage } from "../controller/runtime/agent-image.ts";
import { type Drover, startDrover } from "../test/drover.ts";
import { parentOf } from "./process-figures.ts";

/** So much that no load of the benchmark makes the server drop old events, which would cost it time. */
const eventsMb = "4096";
const manifest = new URL("../package.json", import.meta.url);

export type MeasuredController = {
  readonly drover: Drover;
  readonly agentImage: string;
  readonly pid: number;
  readonly natsPid: number;
};

/** The image is built first: building it is not what any measure is about. */
export async function startMeasured(docker: Docker): Promise<MeasuredController> {
  const agentImage = await ensureAgentImage(docker, { log: console.error });
  const drover = await startDrover({ DROVER_EVENTS_MB: eventsMb, NODE_OPTIONS: startFlags() });
  const record = JSON.parse(readFileSync(join(drover.home, "nats", "server.json"), "utf8")) as {
    process: { pid: number };
  };
  // The controller starts its nats-server itself and is therefore its parent.
  return { drover, agentImage, natsPid: record.process.pid, pid: parentOf(record.process.pid) };
}

/** The flags that `npm start` gives to Node: a controller without them is another one than people run. */
export function startFlags(): string {
  const { scripts } = JSON.parse(readFileSync(manifest, "utf8")) as { scripts: { start: string } };
  return (scripts.start.match(/--\S+/g) ?? []).join(" ");
}
