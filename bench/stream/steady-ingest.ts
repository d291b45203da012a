// Single events at a steady rate over HTTP, while something else is measured.
import { Agent, request } from "node:http";
import type { Event } from "../../model/event.ts";

const connections = 8;
const tickMs = 5;
/** Under way at once; what is due beyond them is left out, and the rate shows it. */
const underWayMax = 200;

export type SteadyIngest = {
  /** Ends it; how many were stored a second. Throws when one was refused. */
  stop(): number;
};

export function startSteadyIngest(url: string, perSecond: number, next: () => Event): SteadyIngest {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1_000;
  let due = 0;
  let underWay = 0;
  let stored = 0;
  let failure: Error | null = null;
  const timer = setInterval(() => {
    for (; due < seconds() * perSecond; due += 1) if (underWay < underWayMax) post();
  }, tickMs);

  return {
    stop() {
      clearInterval(timer);
      const rate = stored / seconds();
      const failed = failure;
      agent.destroy();
      if (failed !== null) throw failed;
      return rate;
    },
  };

  function post(): void {
    const { tags, value } = next();
    const options = { method: "POST", agent, headers: { "content-type": "application/json" } };
    underWay += 1;
    const posted = request(`${url}/api/v1/events`, options, (answer) => {
      answer.resume();
      answer.once("end", () => {
        underWay -= 1;
        if (answer.statusCode === 201) stored += 1;
        else failure ??= new Error(`${url} answered ${answer.statusCode} to an event`);
      });
    });
    posted.once("error", (error) => (failure ??= error));
    posted.end(JSON.stringify({ type: "reading", tags, value }));
  }
}
