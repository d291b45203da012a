// The controller's REST API as the commands use it. Every method throws Refused or Unreachable.
import type { Breed } from "../model/breed.ts";
import type { Event } from "../model/event.ts";
import type { UpcomingSlot } from "../model/upcoming-slots.ts";
import { exchange, open, type HttpRequest } from "./http.ts";
import type { Options } from "./options.ts";
import type {
  Applied,
  Info,
  KeyCreated,
  KeyDeleted,
  KeyView,
  LogLine,
  RunView,
  SlotView,
  TraceTree,
  Triggered,
  WorkflowView,
} from "./views.ts";

const perPage = 100;
/** A save may install npm packages first; the controller gives up before this. */
const installMsMax = 300_000;

export type ArtifactKind = "breed" | "workflow";
export type Documents = { readonly type: string; readonly text: string };
export type RunFilter = {
  readonly workflow: string | null;
  readonly state: string | null;
  readonly since: string | null;
  readonly dead: boolean;
};

export class ControllerApi {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  async info(): Promise<Info> {
    return JSON.parse(await this.text({ path: "/info" }));
  }

  async breeds(): Promise<Breed[]> {
    return this.pages("/breeds", Infinity);
  }

  async breed(name: string): Promise<Breed> {
    return JSON.parse(await this.text({ path: artifactPath("breed", name) }));
  }

  async workflows(): Promise<WorkflowView[]> {
    return this.pages("/workflows", Infinity);
  }

  async workflow(name: string): Promise<WorkflowView> {
    return JSON.parse(await this.text({ path: artifactPath("workflow", name) }));
  }

  async emit(event: { tags: readonly string[]; type?: string; value?: unknown }): Promise<Event> {
    const body = { type: "application/json", text: JSON.stringify(event) };
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    return JSON.parse(await this.text({ method: "POST", path: "/events", body, headers }));
  }

  /** Creates what is not there and changes what is; all documents or none. */
  async apply(documents: Documents, { newestPackages = false } = {}): Promise<Applied[]> {
    const path = newestPackages ? "?newest_packages=true" : "";
    return JSON.parse(await this.text({ method: "PUT", path, body: documents, answerMsMax: installMsMax }));
  }

  async deleteAll(documents: Documents): Promise<Applied[]> {
    return JSON.parse(await this.text({ method: "DELETE", path: "", body: documents }));
  }

  async setStatus(name: string, status: "running" | "suspended" | "restarting"): Promise<void> {
    const body = { type: "application/json", text: JSON.stringify(status) };
    await this.text({ method: "PUT", path: `${artifactPath("workflow", name)}/status`, body });
  }

  async logs(name: string, lineCount: number): Promise<LogLine[]> {
    return JSON.parse(await this.text({ path: `${artifactPath("workflow", name)}/logs?lines=${lineCount}` }));
  }

  /** Sets a run off; with `wait` (ISO 8601) answers with the run if it is over by then. The same `key` is the same run. */
  async run(
    name: string,
    { value, key, wait }: { value: unknown; key: string; wait: string | null },
  ): Promise<Triggered | RunView> {
    const path = `${artifactPath("workflow", name)}/run${wait === null ? "" : `?wait=${wait}`}`;
    const body = { type: "application/json", text: JSON.stringify({ value }) };
    return JSON.parse(await this.text({ method: "POST", path, body, headers: { "Idempotency-Key": key } }));
  }

  /** Newest first. */
  async runs({ workflow, state, since, dead }: RunFilter, countMax: number): Promise<RunView[]> {
    const filters = { workflow, state, since, dead: dead ? "true" : null };
    return this.pages(`/runs?${queryOf(filters)}`, countMax);
  }

  async runById(id: string): Promise<RunView> {
    return JSON.parse(await this.text({ path: `/runs/${encodeURIComponent(id)}` }));
  }

  async runLogs(id: string, lineCount: number): Promise<LogLine[]> {
    return JSON.parse(await this.text({ path: `/runs/${encodeURIComponent(id)}/logs?lines=${lineCount}` }));
  }

  async requeue(id: string): Promise<Triggered> {
    return JSON.parse(await this.text({ method: "POST", path: `/runs/${encodeURIComponent(id)}/requeue` }));
  }

  async stopRun(id: string): Promise<void> {
    await this.text({ method: "POST", path: `/runs/${encodeURIComponent(id)}/stop` });
  }

  async trace(id: string): Promise<TraceTree> {
    return JSON.parse(await this.text({ path: `/trace/${encodeURIComponent(id)}` }));
  }

  /** Newest first. */
  async slots(name: string, outcome: string | null, countMax: number): Promise<SlotView[]> {
    return this.pages(`${artifactPath("workflow", name)}/slots?${queryOf({ outcome })}`, countMax);
  }

  async nextSlots(
    name: string,
    { count, from, timezone }: { count: number; from: string | null; timezone: string | null },
  ): Promise<UpcomingSlot[]> {
    const query = queryOf({ count: String(count), from, timezone });
    return JSON.parse(await this.text({ path: `${artifactPath("workflow", name)}/slots/next?${query}` }));
  }

  async createKey(name: string, replace: boolean): Promise<KeyCreated> {
    const body = { type: "application/json", text: JSON.stringify({ name }) };
    return JSON.parse(await this.text({ method: "POST", path: `/keys${replace ? "?replace=true" : ""}`, body }));
  }

  async keys(): Promise<KeyView[]> {
    return this.pages("/keys", Infinity);
  }

  async deleteKey(name: string): Promise<KeyDeleted> {
    return JSON.parse(await this.text({ method: "DELETE", path: `/keys/${encodeURIComponent(name)}` }));
  }

  /** Of a workflow, or of one run: that ends with an event `over`. */
  followLogs(
    of: { workflow: string } | { run: string },
    { lines, lastId, signal }: { lines: number; lastId: string | null; signal: AbortSignal },
  ): Promise<Response> {
    const whose = "run" in of ? `/runs/${encodeURIComponent(of.run)}` : artifactPath("workflow", of.workflow);
    const path = `${whose}/logs?follow=true&lines=${lines}`;
    return this.open({ path, headers: streamHeaders(lastId) }, signal);
  }

  /** A request whose answer is read as it comes. */
  open(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    return open(this.#options, request, signal);
  }

  /** Any request that has no method of its own here; the answer as text. */
  async text(request: HttpRequest): Promise<string> {
    return (await this.answer(request)).text;
  }

  async answer(request: HttpRequest): Promise<{ readonly text: string; readonly headers: Headers }> {
    return exchange(this.#options, request);
  }

  /** The first `countMax` items of a list, page after page until one is not full. */
  async pages<Item>(path: string, countMax: number): Promise<Item[]> {
    const items: Item[] = [];
    const size = Math.min(perPage, countMax);
    for (let page = 1; items.length < countMax; page += 1) {
      const query = `${path.includes("?") ? "&" : "?"}page=${page}&per_page=${size}`;
      const found: Item[] = JSON.parse(await this.text({ path: path + query }));
      items.push(...found);
      if (found.length < size) break;
    }
    return items.slice(0, countMax);
  }
}

function artifactPath(kind: ArtifactKind, name: string): string {
  return `/${kind}s/${encodeURIComponent(name)}`;
}

/** Those that are asked for. */
function queryOf(filters: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(filters).filter((one): one is [string, string] => one[1] !== null);
  return new URLSearchParams(given).toString();
}

function streamHeaders(lastId: string | null): Record<string, string> {
  return { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) };
}
