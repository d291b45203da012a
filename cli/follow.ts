// A stream of server-sent events that outlives restarts of the controller.
//
//   F1. Only the first connection may fail: whoever starts to follow learns at once that nobody is there.
//   F2. Later every loss is waited out; it is said once when it begins and once when it ends. The delay grows until a connection
//       has brought a message or lasted steadyMs, so a server that hangs up at once is neither hammered nor talked about.
//   F3. The id of the last message is handed to the next connection, so the server can go on where it stopped.
//   F4. A refusal (4xx) ends it; a connection silent for silenceMaxMs (three heartbeats) counts as lost.
import { setTimeout as sleep } from "node:timers/promises";
import { Refused, Unreachable } from "./failure.ts";
import { reasonOf } from "./http.ts";
import type { Outage } from "./outage.ts";
import { sseMessages, type SseMessage } from "./sse.ts";

const delayFirstMs = 200;
const delayMaxMs = 5_000;
const steadyMs = 10_000;
const silenceMaxMs = 45_000;

export type Following = {
  readonly connect: (lastId: string | null, signal: AbortSignal) => Promise<Response>;
  /** Told of losses; streams that are followed together share one. */
  readonly outage: Outage;
  /** Ends the following without an error. */
  readonly signal: AbortSignal;
  /** True when everything was sent that there was: an id alone says so. False from each connection until then. */
  readonly onCaughtUp?: (isCaughtUp: boolean) => void;
};

export type Followed = SseMessage & { readonly data: string };

export async function* follow(following: Following): AsyncGenerator<Followed, void, void> {
  let lastId: string | null = null;
  let losses = 0;
  let connectedAtMs: number | null = null;
  let away = false;
  while (!following.signal.aborted) {
    try {
      for await (const message of connection(following, lastId, onOpen)) {
        lastId = message.id ?? lastId;
        losses = 0;
        if (message.data !== null) yield { ...message, data: message.data };
        else following.onCaughtUp?.(true);
      }
      lost("connection closed");
    } catch (error) {
      if (following.signal.aborted) return;
      if (connectedAtMs === null || !isLoss(error)) throw error;
      lost(error instanceof Unreachable ? error.reason : reasonOf(error));
    }
    await sleep(Math.min(delayMaxMs, delayFirstMs * 2 ** (losses - 1)), undefined, { signal: following.signal }).catch(
      () => {},
    );
  }

  function onOpen(): void {
    if (away) following.outage.back();
    away = false;
    connectedAtMs = performance.now();
    following.onCaughtUp?.(false);
  }

  function lost(reason: string): void {
    if (!away && connectedAtMs !== null && performance.now() - connectedAtMs > steadyMs) losses = 0;
    losses += 1;
    if (losses > 1 || following.signal.aborted) return;
    away = true;
    following.outage.gone(reason);
  }
}

/** One connection, until it ends. */
async function* connection(
  { connect, signal }: Following,
  lastId: string | null,
  onOpen: () => void,
): AsyncGenerator<SseMessage, void, void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error("no heartbeat")), silenceMaxMs);
  try {
    const response = await connect(lastId, AbortSignal.any([signal, silence.signal]));
    onOpen();
    if (response.body) yield* sseMessages(response.body, () => timer.refresh());
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** Everything that goes wrong on the wire is a loss, an overloaded server too; a refusal is not. */
function isLoss(error: unknown): boolean {
  return !(error instanceof Refused) || error.status >= 500;
}
