// What happens to the containers of an installation, as the engine tells it, for as long as the signal lives.
//
//   E1. The stream outlives the engine: it connects again with a growing delay.
//   E2. Who looks after an event finds what it told of: the engine says that a container died before its own list knows.
//   E3. Whatever happened while nothing was connected is unknown, so each connection begins with `{ instance: null }`: look again.
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { engineReason, tolerating } from "./docker-errors.ts";
import { installationFilter, labelNames } from "./docker-names.ts";

const reconnectMinMs = 250;
const reconnectMaxMs = 5_000;
/** `destroy` too: somebody else may have removed what the reconciler counts on. */
const actions = ["start", "die", "destroy"];

export type DockerEvent = { readonly instance: string | null };

/** Returns the runtime's `events`. */
export function createDockerEvents(
  docker: Docker,
  options: { installation: string; log: (line: string) => void },
): (signal: AbortSignal) => AsyncGenerator<DockerEvent> {
  return async function* events(signal) {
    let waitMs = reconnectMinMs;
    while (!signal.aborted) {
      try {
        const stream = await docker.getEvents({
          filters: { type: ["container"], event: actions, label: [installationFilter(options.installation)] },
          abortSignal: signal,
        });
        waitMs = reconnectMinMs;
        yield { instance: null };
        for await (const line of linesOf(stream)) {
          const event = parseEvent(line);
          if (event.action === "die") await settled(event.container);
          yield { instance: event.instance };
        }
        if (!signal.aborted) options.log("the Docker engine ended its event stream; connecting again");
      } catch (error) {
        if (signal.aborted) return;
        options.log(`no events from the Docker engine: ${engineReason(error)}; trying again in ${waitMs} ms`);
      }
      await delay(waitMs, undefined, { signal }).catch(() => {});
      waitMs = Math.min(waitMs * 2, reconnectMaxMs);
    }
  };

  /** An inspection waits for the engine's lock on the container, and so until the engine has noted the death everywhere. */
  async function settled(container: string): Promise<void> {
    await tolerating([404], docker.getContainer(container).inspect());
  }
}

/** One event is one line of JSON; what arrives together is cut anywhere. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    rest += typeof bytes === "string" ? bytes : decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.trim() !== "");
  }
}

type EngineEvent = { readonly action: string; readonly container: string; readonly instance: string | null };

/** A holder has no instance: it concerns every one of its workflow. */
function parseEvent(line: string): EngineEvent {
  const event: unknown = JSON.parse(line);
  const actor = property(event, "Actor");
  const instance = property(property(actor, "Attributes"), labelNames.instance);
  return {
    action: String(property(event, "Action")),
    container: String(property(actor, "ID")),
    instance: typeof instance === "string" ? instance : null,
  };
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
