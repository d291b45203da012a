// What the containers of an instance wrote, from the engine's own log: the last lines of a dead one, or the stream of a live one.
import type Docker from "dockerode";
import { isUnreachable, toStartError, tolerating } from "./docker-errors.ts";
import { type Frame, createFrameReader, framesOf } from "./docker-frames.ts";
import { agentContainer, appContainer } from "./docker-names.ts";
import type { LogChunk } from "./runtime.ts";

const lineCountMax = 1_000;

export type DockerOutput = {
  /** Of the user's image when it wrote something, else of the agent. */
  lastLines(instance: string, lineCount: number): Promise<readonly string[]>;
  output(instance: string, since: string, signal: AbortSignal): AsyncGenerator<LogChunk>;
};

export function createDockerOutput(docker: Docker, options: { installation: string }): DockerOutput {
  return { lastLines, output };

  async function lastLines(instance: string, lineCount: number): Promise<readonly string[]> {
    for (const name of [appContainer(options.installation, instance), agentContainer(options.installation, instance)]) {
      const tail = Math.min(lineCount, lineCountMax);
      const logs = docker.getContainer(name).logs({ follow: false, stdout: true, stderr: true, tail });
      const body = await tolerating([404, 409], logs);
      const lines = framesOf(body ?? Buffer.alloc(0)).map((frame) => frame.text.replace(/\r?\n$/, ""));
      if (lines.length > 0) return lines.slice(-lineCount);
    }
    return [];
  }

  async function* output(instance: string, since: string, signal: AbortSignal): AsyncGenerator<LogChunk> {
    const container = docker.getContainer(appContainer(options.installation, instance));
    const request = { follow: true, stdout: true, stderr: true, timestamps: true, abortSignal: signal } as const;
    try {
      const stream = await tolerating([404, 409], container.logs({ ...request, since: Date.parse(since) / 1000 }));
      if (stream === null) return;
      const read = createFrameReader();
      for await (const bytes of stream) {
        if (Buffer.isBuffer(bytes)) yield* [...read(bytes)].map(toChunk);
      }
    } catch (error) {
      if (signal.aborted) return;
      throw isUnreachable(error) ? toStartError(error) : error;
    }
  }
}

/** `2026-01-31T09:00:00.123456789Z the text` → its two parts. The text keeps its line end: a long line comes in several chunks. */
function toChunk(frame: Frame): LogChunk {
  const space = frame.text.indexOf(" ");
  return { at: frame.text.slice(0, space), stream: frame.stream, text: frame.text.slice(space + 1) };
}
