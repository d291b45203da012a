// The streams that the controller sends, each as what follow.ts connects to.
import type { ControllerApi } from "./controller-api.ts";
import { type EventQuery, queryText } from "./event-api.ts";

export type Connect = (lastId: string | null, signal: AbortSignal) => Promise<Response>;

/** Events through time. */
export function eventStream(api: ControllerApi, query: EventQuery): Connect {
  return stream(api, "/events/stream", query);
}

/** What workflows write. */
export function logStream(api: ControllerApi, { workflow, run, since, until }: EventQuery): Connect {
  return stream(api, "/logs/stream", { tags: [], workflow, run, since, until });
}

/** What is relative to now is so to the first connection; the controller answers which moment that was. */
function stream(api: ControllerApi, path: string, asked: EventQuery): Connect {
  const query = new URLSearchParams(queryText(asked));
  return async (lastId, signal) => {
    const headers = { Accept: "text/event-stream", ...(lastId !== null && { "Last-Event-ID": lastId }) };
    const response = await api.open({ path: `${path}?${query.toString()}`, headers }, signal);
    for (const name of ["since", "until"]) {
      const moment = response.headers.get(`x-${name}`);
      if (moment !== null) query.set(name, moment);
    }
    return response;
  };
}
