// The one undici Agent of this process: all `Api` and `Http` objects share its connections.
//
//   D1. undici is loaded by the first request, not by `require`: scripts that never call start without it.
//   D2. An idle connection does not keep the user's process alive (undici unrefs it).
//   D3. Only HTTP/1.1 is spoken, so the bundle can leave HTTP/2 out (bundle.ts).
import { readFileSync } from "node:fs";
import type { Agent } from "undici";
import { resolveTls } from "./options.ts";

/** Enough to keep a loopback gateway busy; more sockets only cost memory in a container of 128 MB. */
const connectionsPerOriginMax = 32;
const connectTimeoutMs = 5_000;
/** How long an answer may take to begin, and to go on; a gateway that holds an event while NATS is away answers after 60 s. */
const answerTimeoutMs = 75_000;
const answerBytesMax = 64 * 1024 * 1024;

let agent: Promise<Agent> | undefined;

export function dispatcher(): Promise<Agent> {
  agent ??= open();
  return agent;
}

async function open(): Promise<Agent> {
  const tls = resolveTls(process.env);
  const undici = await import("undici");
  const ca = tls.check && tls.caFile !== null ? readFileSync(tls.caFile) : undefined;
  return new undici.Agent({
    connections: connectionsPerOriginMax,
    allowH2: false,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: answerBytesMax,
    connect: { timeout: connectTimeoutMs, rejectUnauthorized: tls.check, ...(ca && { ca }) },
  });
}
