// When the engine created, started and ended the containers of each workflow, by the engine's own clock, which is this host's.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type Docker from "dockerode";

export type Mark = {
  readonly workflow: string;
  readonly role: string;
  readonly action: string;
  /** Since the epoch. */
  readonly atMs: number;
};

export type ContainerMarks = AsyncDisposable & {
  /** The first such moment after `afterMs`. Throws when there was none. */
  first(wanted: Omit<Mark, "atMs">, afterMs: number): number;
};

type EngineEvent = {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
};

export async function watchContainers(docker: Docker, installation: string): Promise<ContainerMarks> {
  const filters = { type: ["container"], label: [`drover.installation=${installation}`] };
  const stream = Readable.from(await docker.getEvents({ filters: JSON.stringify(filters) }));
  const marks: Mark[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    const { Action: action, timeNano, Actor } = JSON.parse(line) as EngineEvent;
    const { "drover.workflow": workflow = "", "drover.role": role = "" } = Actor.Attributes;
    marks.push({ workflow, role, action, atMs: timeNano / 1e6 });
  });
  return {
    first(wanted, afterMs) {
      const found = marks.find(
        (mark) =>
          mark.atMs >= afterMs &&
          mark.workflow === wanted.workflow &&
          mark.role === wanted.role &&
          mark.action === wanted.action,
      );
      if (!found) throw new Error(`the engine did not ${wanted.action} the ${wanted.role} of ${wanted.workflow}`);
      return found.atMs;
    },
    async [Symbol.asyncDispose]() {
      stream.destroy();
    },
  };
}
