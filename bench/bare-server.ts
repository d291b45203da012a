// The floor of durable ingest, as a process of its own: the controller's own HTTP edge with all its routes, body parsing and
// checks, and an appender that answers at once without storing anything. Writes its address to standard output when it listens.
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { createServer } from "../controller/http/server.ts";

/** A part that the measured route never asks. */
const absent = new Proxy(
  {},
  {
    get(_, property) {
      throw new Error(`the floor has nothing to answer "${String(property)}" with`);
    },
  },
) as never;

const http = await createServer(
  {
    version: "0.0.0",
    installation: "",
    backups: absent,
    bundles: absent,
    doctor: absent,
    metrics: absent,
    appender: {
      append: async (event) => ({ ...event, id: event.id ?? randomUUID() }),
      store: absent,
      appendAll: async (events) => Array.from(events, ({ id }) => id ?? randomUUID()),
      lastSequence: 0,
    },
    breedTests: absent,
    artifacts: { breeds: absent, workflows: absent },
    index: absent,
    live: absent,
    logs: absent,
    stateOf: () => absent,
    history: absent,
    trace: absent,
    keys: absent,
    tokens: absent,
    auth: { mode: "open", isAdminToken: () => false },
    rateLimits: { tokenPerSecond: null, codePerSecond: null },
    tls: null,
    secrets: absent,
    cancel: absent,
    info: () => Promise.resolve({}),
    config: () => ({}),
    readiness: async () => ({}),
    now: () => new Date(),
  },
  pino({ level: "warn" }, pino.destination(2)),
);
await http.listen({ host: "127.0.0.1", port: 0 });
console.log(`http://127.0.0.1:${(http.server.address() as AddressInfo).port}`);
process.once("SIGTERM", () => void http.close());
