// When the engine created, started and ended the containers of each workflow, by the engine's own clock, which is this host's.
import { createInterface } from "node:readline";
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
  const abort = new AbortController();
  const stream = await docker.getEvents({
    filters: { type: ["container"], label: [`drover.installation=${installation}`] },
    abortSignal: abort.signal,
  });
  const marks: Mark[] = [];
  const reading = read();
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
      abort.abort();
      await reading;
    },
  };

  async function read(): Promise<void> {
    try {
      for await (const line of createInterface({ input: stream })) marks.push(markOf(JSON.parse(line) as EngineEvent));
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  }
}

function markOf({ Action: action, timeNano, Actor }: EngineEvent): Mark {
  const { "drover.workflow": workflow = "", "drover.role": role = "" } = Actor.Attributes;
  return { workflow, role, action, atMs: timeNano / 1e6 };
}
