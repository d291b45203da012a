// The HTTP edge over a real event stream with its index, history and keys. Which workflows there are, and what becomes of runs,
// is what the test says; nothing turns events into runs here.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import pino from "pino";
import type { LogBatch } from "../../bus/assignment.ts";
import { connectNats } from "../../bus/connection.ts";
import { createPublisher } from "../../bus/publisher.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { controllerOwner, inboxPrefix, logSubject } from "../../bus/subjects.ts";
import { openBucket } from "../../controller/artifacts/bucket.ts";
import type { LiveWorkflow } from "../../controller/artifacts/entry.ts";
import { type EventToAppend, type KnownEvents, createAppender } from "../../controller/events/append.ts";
import { createBatchJournal } from "../../controller/events/batch-journal.ts";
import { startEventIndex } from "../../controller/events/index.ts";
import { startLive } from "../../controller/events/live.ts";
import { forwardedBy } from "../../controller/http/identity.ts";
import type { HttpParts } from "../../controller/http/parts.ts";
import { createServer } from "../../controller/http/server.ts";
import { type ApiKeys, type KeyEntry, createApiKeys } from "../../controller/identity/api-keys.ts";
import type { AuthMode } from "../../controller/identity/auth.ts";
import { type TokenEntry, type Tokens, createTokens } from "../../controller/identity/tokens.ts";
import { createRunHistory } from "../../controller/runs/history.ts";
import { createLogs } from "../../controller/runs/logs.ts";
import { createTrace } from "../../controller/runs/trace.ts";
import type { Event } from "../../model/event.ts";
import { type RunReport, runTags } from "../../model/run.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";
import { startNats } from "../nats.ts";

const mib = 1_048_576;

export type Edge = AsyncDisposable & {
  readonly app: FastifyInstance;
  readonly keys: ApiKeys;
  readonly tokens: Tokens;
  /** Everything that was stored, in order. */
  readonly stored: readonly Event[];
  readonly cancelled: readonly string[];
  /** What the controller has written to its log. */
  readonly log: readonly string[];
  readonly natsUrl: string;
  /** Several at once, as the parts of a batch. */
  appendAll(events: Iterable<EventToAppend>): Promise<readonly string[]>;
  /** Stores an event of any source, as the controller itself can. */
  append(event: EventToAppend): Promise<Event>;
  /** Stores the event that tells this of a run; whoever asks then is answered with it. */
  report(run: RunReport): Promise<RunReport>;
  /** Whether callers need a token. */
  mode: AuthMode;
  /** What the lifecycle says of every workflow. */
  said: string | null;
  /** Ends the thread of the index; whoever asks for the history is told that it is away. */
  stopIndex(): Promise<void>;
  /** The agent of a workflow stores lines that a run wrote, together. */
  write(workflow: string, run: string, ...texts: readonly string[]): Promise<void>;
  /** The same of lines that were written earlier. */
  writeAt(at: Date, workflow: string, run: string, ...texts: readonly string[]): Promise<void>;
  /** The event is older than what the stream keeps. */
  forget(event: string): void;
};

export async function startEdge(...workflows: readonly LiveWorkflow[]): Promise<Edge> {
  const nats = await startNats();
  const home = await mkdtemp(join(tmpdir(), "drover-edge-"));
  const target = { servers: [nats.url], credentials: null };
  const nc = await connectNats(target, { name: "edge", inboxPrefix: inboxPrefix(controllerOwner), timeoutMs: 5_000 });
  const sizes = { eventsBytesMax: 64 * mib, runsBytesMax: 16 * mib, logsBytesMax: 16 * mib };
  const buckets = await ensureStreams(nc, { eventsAgeMs: 86_400_000, ...sizes });
  const publisher = createPublisher(nc, { inbox: `${inboxPrefix(controllerOwner)}.ack`, ackTimeoutMs: 5_000 });
  const real = createAppender(publisher, createBatchJournal(nc, publisher, "edge"));
  const stored: Event[] = [];
  const appender = {
    append: async (event: EventToAppend): Promise<Event> => {
      const one = await real.append(event);
      stored.push(one);
      return one;
    },
    store: async (event: EventToAppend): ReturnType<typeof real.store> => {
      const one = await real.store(event);
      if (!one.duplicate) stored.push(one.event);
      return one;
    },
    appendAll: async (events: Iterable<EventToAppend>, known?: KnownEvents): Promise<readonly string[]> => {
      const all = new Map<string, Event>();
      for (const event of events) {
        const { id = randomUUID() } = event;
        if (!all.has(id)) all.set(id, { ...event, id });
      }
      const before = new Set<string>();
      const ids = await real.appendAll(all.values(), async (given) => {
        for (const id of (await known?.(given)) ?? []) before.add(id);
        return before;
      });
      for (const [id, event] of all) if (!before.has(id)) stored.push(event);
      return ids;
    },
    get lastSequence() {
      return real.lastSequence;
    },
  };
  const live = await startLive(nc);
  const index = await startEventIndex({
    target,
    path: join(home, "index.sqlite"),
    onDeath(error) {
      throw error;
    },
  });
  const history = createRunHistory(nc, index);
  const bucket = await openBucket<KeyEntry>(buckets.keys, () => {});
  const now = (): Date => new Date();
  const keys = createApiKeys(bucket, appender.append, now);
  const tokenBucket = await openBucket<TokenEntry>(buckets.tokens, () => {});
  const tokens = createTokens(tokenBucket, appender.append, now);
  const forgotten = new Set<string>();
  const cancelled: string[] = [];
  const log: string[] = [];
  const entries = new Map(workflows.map((entry) => [entry.artifact.name, entry]));
  const parts = {
    version: "1",
    artifacts: {
      breeds: { get: () => null },
      workflows: { get: (name: string) => entries.get(name) ?? null, list: () => [...entries.values()] },
    },
    appender,
    breedTests: { sinkOf: () => null },
    live,
    keys,
    tokens,
    auth: {
      get mode() {
        return edge.mode;
      },
      isAdminToken: () => false,
    },
    rateLimits: { tokenPerSecond: null, codePerSecond: null },
    tls: null,
    index,
    history: {
      ...history,
      event: async (id: string, passed: number) => (forgotten.has(id) ? null : history.event(id, passed)),
    },
    logs: createLogs(nc),
    trace: createTrace(history),
    cancel(name: string, run: string) {
      cancelled.push(`${name} ${run}`);
      return Promise.resolve("cancelled" as const);
    },
    stateOf: () => ({ status: "running", instances: [], health: {}, message: edge.said }),
    now,
  } as unknown as HttpParts;
  const app = await createServer(parts, pino({ level: "trace" }, { write: (line: string) => void log.push(line) }));

  const edge: Edge = {
    app,
    mode: "open",
    said: null,
    keys,
    tokens,
    stored,
    cancelled,
    log,
    natsUrl: nats.url,
    append: (event) => appender.append(event),
    appendAll: (events) => appender.appendAll(events),
    async report(run) {
      const timestamp = now().toISOString();
      await appender.append({ source: "/controller", type: "run", tags: runTags(run), value: run, timestamp });
      return run;
    },
    stopIndex: () => index.stop(),
    write: (name, run, ...texts) => edge.writeAt(now(), name, run, ...texts),
    async writeAt(at, name, run, ...texts) {
      const lines = texts.map((text) => ({ at: at.toISOString(), stream: "stdout" as const, text }));
      const batch: LogBatch = { workflow: name, instance: "i", run, lines };
      await publisher.publish(logSubject(name, run), JSON.stringify(batch), randomUUID());
    },
    forget: (event) => void forgotten.add(event),
    async [Symbol.asyncDispose]() {
      await app.close();
      bucket.stop();
      tokenBucket.stop();
      await index.stop();
      await live.stop();
      publisher.close();
      await nc.close();
      await nats[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
  return edge;
}

const savedAt = "2026-01-01T00:00:00.000Z";

/** A workflow as it is stored, with an inline breed of JavaScript unless the fields say otherwise. */
export function workflow(fields: object, over: Partial<LiveWorkflow> = {}): LiveWorkflow {
  const inline = { deployable: { type: "application/javascript", definition: "1" } };
  const artifact = valueOf(parseWorkflow({ breed: inline, ...fields })).workflow;
  if ("reference" in artifact.breed) throw new Error("the breed is inline");
  const { breed } = artifact;
  const deployment = { id: "d1", workflowRevision: 1, breedRevision: null, restarts: 0, breed, deployedAt: savedAt };
  return { schema: 1, revision: 1, savedAt, savedBy: "local", artifact, status: "running", deployment, ...over };
}

export function runReport(over: Partial<RunReport> = {}): RunReport {
  return {
    id: "r-1",
    workflow: "hello",
    state: "queued",
    trigger: "manual",
    attempt: 0,
    cause: "e-1",
    hops: 1,
    about: null,
    slot: null,
    revision: 1,
    deployment: "d1",
    instance: null,
    queuedAt: savedAt,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    again: null,
    ...over,
  };
}

type Sent = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };
export type Answered = { readonly status: number; readonly body: Record<string, unknown>; readonly headers: object };
export type Ask = (method: "GET" | "POST" | "DELETE", path: string, sent?: Sent) => Promise<Answered>;

/** Asks the API; a body that is no text is sent as JSON. */
export function asking(edge: () => Edge): Ask {
  return async (method, path, { body, headers = {} } = {}) => {
    const payload = body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await edge().app.inject({ method, url: `/api/v1${path}`, headers, ...payload });
    return { status: answer.statusCode, body: answer.body === "" ? {} : answer.json(), headers: answer.headers };
  };
}

/** Headers with which user code of a workflow comes in. */
export const asCodeOf = forwardedBy;
