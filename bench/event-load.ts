// Load on `POST /api/v1/events`, from this process: the servers under load are others. Every answer must be 201.
import { Agent, request } from "node:http";
import autocannon from "autocannon";

const bodyBytes = 256;
const path = "/api/v1/events";
const headers = { "content-type": "application/json" };
const contentTypes = { json: "application/json", ndjson: "application/x-ndjson" } as const;

export const body = eventOf(bodyBytes);
export type BatchFormat = keyof typeof contentTypes;

export type Load = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly count: number;
};

export async function loadFor(url: string, options: { connections: number; seconds: number }): Promise<Load> {
  const { connections, seconds: duration } = options;
  const result = await autocannon({ url: url + path, method: "POST", body, headers, connections, duration });
  if (result.errors + result.non2xx > 0) {
    throw new Error(`${result.errors} errors and ${result.non2xx} refusals from ${url}`);
  }
  const count = result["2xx"];
  return { count, perSecond: count / result.duration, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}

/** The same with `events` in each request; rate and count are of events, latencies of requests. */
export async function batchesFor(
  url: string,
  options: { connections: number; seconds: number; events: number; format: BatchFormat },
): Promise<Load> {
  const { connections, seconds: duration, events, format } = options;
  const all = Array.from({ length: events }, () => body);
  const sent = format === "json" ? `[${all.join(",")}]` : all.join("\n");
  const as = { "content-type": contentTypes[format] };
  const result = await autocannon({ url: url + path, method: "POST", body: sent, headers: as, connections, duration });
  if (result.errors + result.non2xx > 0) {
    throw new Error(`${result.errors} errors and ${result.non2xx} refusals from ${url}`);
  }
  const count = result["2xx"] * events;
  return { count, perSecond: count / result.duration, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}

/** Milliseconds of each of `count` requests, one after the other on one connection. */
export async function oneByOne(url: string, count: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const samples: number[] = [];
  try {
    for (let sent = 0; sent < count; sent += 1) {
      const startedMs = performance.now();
      await post(url, agent);
      samples.push(performance.now() - startedMs);
    }
  } finally {
    agent.destroy();
  }
  return samples;
}

function post(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method: "POST", headers, agent }, (answer) => {
      answer.resume();
      answer.once("end", () =>
        answer.statusCode === 201 ? resolve() : reject(new Error(`${url} answered ${answer.statusCode}`)),
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** An event whose JSON has this many bytes. */
function eventOf(bytes: number): string {
  const event = { type: "reading", tags: ["site:s1", "device:d17", "temperature"], value: { celsius: 21.5, note: "" } };
  const room = bytes - JSON.stringify(event).length;
  return JSON.stringify({ ...event, value: { ...event.value, note: "x".repeat(room) } });
}
