// Requests that are under way with a token: a stream that was opened with it does not outlive it. When the token is revoked they are
// cut off at once, and within lookEveryMs of its end when it expires.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Tokens } from "../identity/tokens.ts";
import type { Identity } from "./identity.ts";

const lookEveryMs = 5_000;
const tokenPrefix = "token:";

export type OpenCalls = {
  track(request: FastifyRequest, reply: FastifyReply, identity: Identity): void;
  stop(): void;
};

export function createOpenCalls(tokens: Pick<Tokens, "isGood" | "onRevoked">): OpenCalls {
  const calls = new Map<string, Set<FastifyRequest["raw"]["socket"]>>();
  let forgetRevoked: (() => void) | null = null;
  let looking: NodeJS.Timeout | null = null;

  return {
    track({ raw: { socket } }, { raw: response }, { kind, name }) {
      if (kind !== "person" || !name.startsWith(tokenPrefix)) return;
      begin();
      const token = name.slice(tokenPrefix.length);
      const open = calls.get(token) ?? new Set();
      calls.set(token, open.add(socket));
      const over = (): void => {
        response.off("close", over);
        socket.off("close", over);
        open.delete(socket);
        if (open.size === 0 && calls.get(token) === open) calls.delete(token);
      };
      // Of a WebSocket the response is over when it opens, without a word.
      response.once("close", over);
      socket.once("close", over);
    },
    stop() {
      forgetRevoked?.();
      if (looking) clearInterval(looking);
    },
  };

  function begin(): void {
    forgetRevoked ??= tokens.onRevoked(cutOff);
    looking ??= setInterval(() => {
      for (const token of calls.keys()) if (!tokens.isGood(token)) cutOff(token);
    }, lookEveryMs).unref();
  }

  function cutOff(token: string): void {
    for (const socket of calls.get(token) ?? []) socket.destroy();
  }
}
