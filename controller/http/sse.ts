// Server-sent events (WHATWG HTML, section 9.2): one open answer that is written to until either side ends it.
//
//   S1. A reader that is too slow is cut off; the last thing written, an event `error`, says so (outlet.ts).
//   S2. Something goes out every heartbeatMs, so that a dead connection is noticed.
//   S3. An id alone, without an event, says that everything up to it has been sent.
import type { FastifyReply, FastifyRequest } from "fastify";
import { createOutlet } from "./outlet.ts";
import { HttpProblem } from "./problem.ts";

export const heartbeatMs = 15_000;

export type SseMessage = { readonly id: string | null; readonly event: string; readonly data: string };

export type SseStream = {
  /** `id` is what a client sends back as `Last-Event-ID`; null leaves it out. */
  send(message: SseMessage): void;
  /** The same with what `sseFrame` has made, which may go to any number of streams. */
  sendFrame(frame: Buffer): void;
  /** Says from where a reader that is cut off would resume, before there is anything to send. */
  position(id: string): void;
  /** Null when there is room for more now. */
  room(): Promise<void> | null;
  end(): void;
};

export type SseOptions = {
  /** Called once, whoever ends the stream. */
  readonly onEnd: () => void;
  /** Of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Up to where all has been sent, asked for with each heartbeat; null: that cannot be said now. */
  readonly positionNow?: () => string | null;
};

/** Takes the connection over from Fastify. */
export function openSse(reply: FastifyReply, { onEnd, headers = {}, positionNow }: SseOptions): SseStream {
  const response = reply.hijack().raw;
  response.writeHead(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    ...headers,
  });
  response.write(": connected\n\n");
  const heartbeat = setInterval(() => {
    const id = positionNow?.() ?? null;
    outlet.send(id === null ? heartbeatFrame : positionFrame(id));
  }, heartbeatMs);
  const outlet = createOutlet(response, {
    cutOff: (reason) => sseFrame({ id: null, event: "error", data: JSON.stringify({ detail: reason }) }),
    onEnd() {
      clearInterval(heartbeat);
      onEnd();
    },
  });

  return {
    send: (message) => outlet.send(sseFrame(message)),
    sendFrame: (frame) => outlet.send(frame),
    position: (id) => outlet.send(positionFrame(id)),
    room: () => outlet.room(),
    end: () => outlet.end(null),
  };
}

export function sseFrame({ id, event, data }: SseMessage): Buffer {
  return Buffer.from(`${id === null ? "" : `id: ${id}\n`}event: ${oneLine(event)}\ndata: ${data}\n\n`);
}

const heartbeatFrame = Buffer.from(": heartbeat\n\n");

function positionFrame(id: string): Buffer {
  return Buffer.from(`id: ${id}\n\n`);
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** The stream sequence that a reader has seen last, null when it begins. Throws HttpProblem 400 for anything else. */
export function lastEventId(request: FastifyRequest): number | null {
  const given = request.headers["last-event-id"];
  return given === undefined || given === "" ? null : sequenceOf(String(given), "Last-Event-ID");
}

/** Throws HttpProblem 400. */
export function sequenceOf(given: string, path: string): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new HttpProblem("invalid", `${path}: expected an id that this stream has sent`);
}
