// How much of what senders bring may be in the controller at once: from before a body is read until its answer is sent.
//
//   A1. At most admittedBytesMax of bodies are inside. The next sender waits, its body unread, in the order of arrival; the network
//       holds it back. One body always finds room when nothing else is inside.
//   A2. At most waitingMax senders wait, and none longer than waitMsMax: they are refused with 503 and told to come again.
import type { FastifyReply, FastifyRequest } from "fastify";
import { bodyBytesMax } from "./body.ts";
import { HttpProblem } from "./problem.ts";

/** A body takes many times its size while it is checked and stored. */
const admittedBytesMax = 8_388_608;
const waitingMax = 1_000;
const waitMsMax = 10_000;

type Waiting = { readonly bytes: number; readonly enter: () => void };

export type Admission = {
  /** As an `onRequest` hook. */
  readonly admit: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
  readonly admittedBytes: number;
};

export function createAdmission(): Admission {
  const waiting = new Set<Waiting>();
  let admittedBytes = 0;

  return {
    admit(request, reply, done) {
      const bytes = bytesOf(request);
      const enter = (): void => {
        admittedBytes += bytes;
        reply.raw.once("close", () => {
          admittedBytes -= bytes;
          letIn();
        });
        done();
      };
      if (waiting.size === 0 && hasRoom(bytes)) enter();
      else if (waiting.size >= waitingMax) done(busy());
      else wait({ bytes, enter }, reply, done);
    },
    get admittedBytes() {
      return admittedBytes;
    },
  };

  function wait(entry: Waiting, reply: FastifyReply, done: (error?: Error) => void): void {
    const leave = (): void => {
      clearTimeout(timer);
      waiting.delete(one);
      reply.raw.off("close", leave);
    };
    const one: Waiting = {
      bytes: entry.bytes,
      enter() {
        leave();
        entry.enter();
      },
    };
    const timer = setTimeout(() => {
      leave();
      done(busy());
    }, waitMsMax);
    reply.raw.once("close", leave);
    waiting.add(one);
  }

  function letIn(): void {
    for (const one of waiting) {
      if (!hasRoom(one.bytes)) return;
      one.enter();
    }
  }

  function hasRoom(bytes: number): boolean {
    return admittedBytes === 0 || admittedBytes + bytes <= admittedBytesMax;
  }
}

/** What is sent in chunks may become as large as any body. */
function bytesOf({ headers }: FastifyRequest): number {
  const length = Number(headers["content-length"] ?? bodyBytesMax);
  return Number.isFinite(length) ? Math.min(length, bodyBytesMax) : bodyBytesMax;
}

function busy(): HttpProblem {
  return new HttpProblem("unavailable", "too many events are being stored already; send this again in a moment");
}
