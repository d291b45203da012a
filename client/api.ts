// The API client that user code gets. Its surface is that of vamp-node-client 0.9.4; new are `await` and `for await` on every
// answer, breeds, workflows and events, and the run that user code is in.
import highland from "highland";
import type { Answer } from "./answer.ts";
import { Calls } from "./calls.ts";
import { constructor } from "./constructor.ts";
import { resolveOptions, type ApiOptions } from "./options.ts";
import { result, run, type Run } from "./run.ts";
import type { Breed } from "../model/breed.ts";
import type { Event } from "../model/event.ts";
import type { Workflow } from "../model/workflow.ts";

type Json = Readonly<Record<string, unknown>>;

export interface Api {
  readonly url: string;
  /** The run that this process is in, with the event that set it off; null in a daemon and outside of Drover. */
  readonly run: Run | null;
  /** `query` is what follows `?`, without it. `force` asks anew and replaces what was remembered. */
  get<Item = unknown, Whole = Item | Item[]>(path: string, force?: boolean, query?: string): Answer<Item, Whole>;
  put<Whole = unknown>(path: string, json?: unknown): Answer<Whole, Whole>;
  post<Whole = unknown>(path: string, json?: unknown): Answer<Whole, Whole>;
  delete<Whole = unknown>(path: string, json?: unknown): Answer<Whole, Whole>;
  /** The values of a map, each with its key as `name`. */
  namify<Artifact extends object>(artifacts: Record<string, Artifact>): Highland.Stream<Artifact & { name: string }>;
  info(force?: boolean): Answer<Json, Json>;
  config(force?: boolean): Answer<Json, Json>;
  gateways(force?: boolean): Answer<Json>;
  deployments(force?: boolean): Answer<Json>;
  breeds(force?: boolean): Answer<Breed>;
  workflows(force?: boolean): Answer<Workflow>;
  /** Newest first, with all of `tags`. Never remembered. */
  events(query?: { readonly tags?: string | readonly string[]; readonly type?: string }): Answer<Event>;
  event(tags: string | readonly string[], value?: unknown, type?: string): Answer<Event, Event>;
  /** Sets the result of the run of a script: any JSON up to 64 KiB; the last one given counts. Throws when it cannot be kept. */
  result(value: unknown): void;
}

/** `new Api(options)` and `Api(options)` are the same. */
export const Api = constructor(createApi);

function createApi(options: ApiOptions = {}): Api {
  const settings = resolveOptions(options, process.env);
  const calls = new Calls(settings);
  const get: Api["get"] = (path, force = false, query = "") =>
    calls.read(path, { query, cache: force ? "renew" : "use" });
  return {
    url: settings.url,
    get run() {
      return run;
    },
    result,
    get,
    put: (path, json) => calls.write("PUT", path, { json }),
    post: (path, json) => calls.write("POST", path, { json }),
    delete: (path, json) => calls.write("DELETE", path, { json }),
    namify: (artifacts) => highland(Object.entries(artifacts).map(([name, value]) => Object.assign(value, { name }))),
    info: (force) => get("info", force),
    config: (force) => get("config", force, "flatten=true"),
    gateways: (force) => get("gateways", force),
    deployments: (force) => get("deployments", force),
    breeds: (force) => get("breeds", force),
    workflows: (force) => get("workflows", force),
    events: (query = {}) => calls.read("events", { query: eventQuery(query), cache: "pass" }),
    event: (tags, value, type) =>
      calls.write("POST", "events", {
        // The moment of the call, not of the attempt that succeeds.
        json: { tags, value, type: type || "event", timestamp: new Date().toISOString() },
        // One key for all attempts: an event whose answer was lost is not stored a second time.
        headers: { "Idempotency-Key": crypto.randomUUID() },
      }),
  };
}

function eventQuery({ tags = [], type }: { tags?: string | readonly string[]; type?: string }): string {
  const query = new URLSearchParams([tags].flat().map((tag): [string, string] => ["tag", tag]));
  if (type) query.set("type", type);
  return query.toString();
}
