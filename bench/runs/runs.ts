// From an event to the durable result of the run that it sets off, seen by somebody: a handler that is loaded, a script in a fresh
// process, and a fresh container, each beside its floor and its peers.
import type Docker from "dockerode";
import { startMeasured } from "../controller.ts";
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { measureContainers } from "./containers.ts";
import { measureHandlers } from "./handlers.ts";
import { measureScripts } from "./scripts.ts";
import { containerSection, handlerSections, scriptSection } from "./tables.ts";

/** Each kind has a controller of its own: none pays for what the one before has left warm. */
export async function measureRuns(docker: Docker, effort: Effort): Promise<readonly Section[]> {
  return [
    ...handlerSections(await withController(docker, async (controller) => measureHandlers(controller, effort))),
    scriptSection(await withController(docker, async (controller) => measureScripts(controller, effort))),
    containerSection(await withController(docker, async (controller) => measureContainers(controller, effort))),
  ];
}

async function withController<T>(
  docker: Docker,
  work: (controller: Awaited<ReturnType<typeof startMeasured>>) => Promise<T>,
): Promise<T> {
  const controller = await startMeasured(docker);
  await using owned = controller.drover;
  return await work({ ...controller, drover: owned });
}
