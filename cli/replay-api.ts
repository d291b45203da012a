// What the controller is asked about replays, and what it answers.
import type { Event } from "../model/event.ts";
import type { ReplayQuery } from "../model/replay.ts";
import type { ControllerApi } from "./controller-api.ts";

export type { ReplayQuery } from "../model/replay.ts";

type PassedOver = { readonly own: number; readonly loop: number };
export type Preview = {
  readonly query: ReplayQuery;
  /** Events that are found; null but for the first part. */
  readonly total: number | null;
  readonly totalIsExact: boolean;
  readonly events: readonly (Pick<Event, "id" | "type" | "source" | "tags" | "timestamp"> & { sequence: number })[];
  readonly passedOver: PassedOver;
  /** What to go on behind; null: this was the last part. */
  readonly after: number | null;
};
export type Replayed = {
  readonly state: "stored" | "waiting" | "over";
  readonly stored: number;
  readonly known: number;
  readonly passedOver: PassedOver;
  readonly after: number | null;
  readonly queued: number;
};
export type Progress = { readonly query: ReplayQuery; readonly after: number; readonly stored: number };

type Part = { readonly after: number | null; readonly limit: number };

export async function previewPart(
  api: ControllerApi,
  workflow: string,
  { tags = [], ...fields }: Partial<ReplayQuery> & Part,
): Promise<Preview> {
  const query = new URLSearchParams(tags.map((tag): [string, string] => ["tag", tag]));
  for (const [name, value] of Object.entries(fields)) if (value != null) query.set(name, String(value));
  return JSON.parse(await api.text({ path: `${pathOf(workflow)}/replay?${query.toString()}` }));
}

export async function nextPart(
  api: ControllerApi,
  workflow: string,
  part: ReplayQuery & Part & { readonly replay: string },
): Promise<Replayed> {
  const body = { type: "application/json", text: JSON.stringify(part) };
  return JSON.parse(await api.text({ method: "POST", path: `${pathOf(workflow)}/replay`, body }));
}

export async function progressOf(api: ControllerApi, workflow: string, replay: string): Promise<Progress> {
  return JSON.parse(await api.text({ path: `${pathOf(workflow)}/replays/${encodeURIComponent(replay)}` }));
}

function pathOf(workflow: string): string {
  return `/workflows/${encodeURIComponent(workflow)}`;
}
