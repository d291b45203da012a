// The controller's REST API as the commands use it. Every method throws Refused or Unreachable.
import type { Breed } from "../model/breed.ts";
import type { Event } from "../model/event.ts";
import { exchange, open, type HttpRequest } from "./http.ts";
import type { Options } from "./options.ts";
import type { Applied, Info, LogLine, WorkflowView } from "./views.ts";

const perPage = 100;

export type ArtifactKind = "breed" | "workflow";
export type Documents = { readonly type: string; readonly text: string };
export type EventFilter = { readonly tags: readonly string[]; readonly type: string | null };

export class ControllerApi {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  async info(): Promise<Info> {
    return JSON.parse(await this.#text({ path: "/info" }));
  }

  async breeds(): Promise<Breed[]> {
    return this.#pages("/breeds", Infinity);
  }

  async breed(name: string): Promise<Breed> {
    return JSON.parse(await this.#text({ path: artifactPath("breed", name) }));
  }

  async workflows(): Promise<WorkflowView[]> {
    return this.#pages("/workflows", Infinity);
  }

  async workflow(name: string): Promise<WorkflowView> {
    return JSON.parse(await this.#text({ path: artifactPath("workflow", name) }));
  }

  /** Newest first. */
  async events(filter: EventFilter, countMax: number): Promise<Event[]> {
    return this.#pages(`/events?${eventQuery(filter)}`, countMax);
  }

  async emit(event: { tags: readonly string[]; type?: string; value?: unknown }): Promise<Event> {
    const body = { type: "application/json", text: JSON.stringify(event) };
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    return JSON.parse(await this.#text({ method: "POST", path: "/events", body, headers }));
  }

  /** Creates what is not there and changes what is; all documents or none. */
  async apply(documents: Documents): Promise<Applied[]> {
    return JSON.parse(await this.#text({ method: "PUT", path: "", body: documents }));
  }

  async deleteAll(documents: Documents): Promise<Applied[]> {
    return JSON.parse(await this.#text({ method: "DELETE", path: "", body: documents }));
  }

  async setStatus(name: string, status: "running" | "suspended" | "restarting"): Promise<void> {
    const body = { type: "application/json", text: JSON.stringify(status) };
    await this.#text({ method: "PUT", path: `${artifactPath("workflow", name)}/status`, body });
  }

  async logs(name: string, lineCount: number): Promise<LogLine[]> {
    return JSON.parse(await this.#text({ path: `${artifactPath("workflow", name)}/logs?lines=${lineCount}` }));
  }

  followLogs(
    name: string,
    { lines, lastId, signal }: { lines: number; lastId: string | null; signal: AbortSignal },
  ): Promise<Response> {
    const path = `${artifactPath("workflow", name)}/logs?follow=true&lines=${lines}`;
    return open(this.#options, { path, headers: streamHeaders(lastId) }, signal);
  }

  followEvents(filter: EventFilter, lastId: string | null, signal: AbortSignal): Promise<Response> {
    const path = `/events/stream?${eventQuery(filter)}`;
    return open(this.#options, { path, headers: streamHeaders(lastId) }, signal);
  }

  async #text(request: HttpRequest): Promise<string> {
    return (await exchange(this.#options, request)).text;
  }

  /** The first `countMax` items of a list, page after page until one is not full. */
  async #pages<Item>(path: string, countMax: number): Promise<Item[]> {
    const items: Item[] = [];
    const size = Math.min(perPage, countMax);
    for (let page = 1; items.length < countMax; page += 1) {
      const query = `${path.includes("?") ? "&" : "?"}page=${page}&per_page=${size}`;
      const found: Item[] = JSON.parse(await this.#text({ path: path + query }));
      items.push(...found);
      if (found.length < size) break;
    }
    return items.slice(0, countMax);
  }
}

function artifactPath(kind: ArtifactKind, name: string): string {
  return `/${kind}s/${encodeURIComponent(name)}`;
}

function eventQuery({ tags, type }: EventFilter): string {
  const query = new URLSearchParams(tags.map((tag): [string, string] => ["tag", tag]));
  if (type !== null) query.set("type", type);
  return query.toString();
}

function streamHeaders(lastId: string | null): Record<string, string> {
  return { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) };
}
