// Server-sent events (WHATWG HTML, section 9.2): one open answer that is written to until either side ends it.
//
//   S1. A reader that leaves more than bufferBytesMax unread is cut off; the last thing written says so.
//   S2. A comment goes out every heartbeatMs, so that a dead connection is noticed.
import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";

const heartbeatMs = 15_000;
const bufferBytesMax = 1_048_576;
const closeWaitMs = 5_000;

export type SseStream = {
  /** `id` is what a client sends back as `Last-Event-ID`; null leaves it out. */
  send(message: { id: string | null; event: string; data: string }): void;
  /** Says from where a reader that is cut off would resume, before there is anything to send. */
  position(id: string): void;
  end(): void;
};

/** Takes the connection over from Fastify. `onEnd` is called once, whoever ends the stream. */
export function openSse(reply: FastifyReply, onEnd: () => void): SseStream {
  const response = reply.hijack().raw;
  response.writeHead(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
  });
  response.write(": connected\n\n");
  const heartbeat = setInterval(() => write(": heartbeat\n\n"), heartbeatMs);
  let ended = false;
  response.once("close", finish);

  return {
    send({ id, event, data }) {
      write(`${id === null ? "" : `id: ${id}\n`}event: ${oneLine(event)}\ndata: ${data}\n\n`);
    },
    position: (id) => write(`id: ${id}\n\n`),
    end() {
      response.end();
      finish();
    },
  };

  function write(text: string): void {
    if (ended) return;
    if (response.writableLength > bufferBytesMax) {
      response.end(
        `event: error\ndata: ${JSON.stringify({ detail: `cut off: more than ${bufferBytesMax} bytes were left unread` })}\n\n`,
      );
      // A reader that reads nothing does not read the end either.
      setTimeout(() => response.destroy(), closeWaitMs).unref();
      finish();
      return;
    }
    response.write(text);
  }

  function finish(): void {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    onEnd();
  }
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** The stream sequence that a reader has seen last, null when it begins. Throws HttpProblem 400 for anything else. */
export function lastEventId(request: FastifyRequest): number | null {
  const given = request.headers["last-event-id"];
  if (given === undefined || given === "") return null;
  if (/^\d{1,15}$/.test(String(given))) return Number(given);
  throw new HttpProblem("invalid", "Last-Event-ID: expected an id that this stream has sent");
}
