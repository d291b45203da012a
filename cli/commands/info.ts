// What an installation is and how full it is.
import { lasting, age } from "../age.ts";
import { bytesText } from "../bytes-text.ts";
import { type Format, serialised } from "../format.ts";
import { type IndexState, indexLine } from "../index-text.ts";
import type { Session } from "../session.ts";
import { fields } from "../sheet.ts";

type Store = {
  readonly messages: number;
  readonly bytes: number;
  readonly bytes_max: number | null;
  readonly age_max_ms: number | null;
  readonly first_stored: string | null;
  readonly last_stored: string | null;
} | null;
type InstallationInfo = {
  readonly version: string;
  readonly uuid: string;
  readonly running_since: string;
  readonly runtime: string;
  readonly nats: { readonly url: string; readonly own: boolean; readonly connected: boolean };
  readonly events: Store;
  readonly runs: Store;
  readonly logs: Store;
  readonly index: IndexState | null;
  readonly instances: number;
};

export async function info(session: Session, output: Format | "text"): Promise<void> {
  const found: InstallationInfo = JSON.parse(await session.api.text({ path: "/info" }));
  session.print(output === "text" ? textOf(found, session.api.url, Date.now()) : serialised(found, output));
}

function textOf(found: InstallationInfo, url: string, nowMs: number): string {
  const { nats } = found;
  return fields({
    Controller: `${found.version} at ${url}, for ${age(found.running_since, nowMs)}`,
    Installation: found.uuid,
    Runtime: `${found.runtime}, ${found.instances} instances`,
    NATS: `${nats.url}${nats.own ? " (own)" : ""}${nats.connected ? "" : ", not connected"}`,
    Events: storeText(found.events, nowMs),
    Runs: storeText(found.runs, nowMs),
    Logs: storeText(found.logs, nowMs),
    Index: indexLine(found.index),
  });
}

function storeText(store: Store, nowMs: number): string {
  if (store === null) return "NATS does not answer";
  const { messages, bytes, bytes_max: most, age_max_ms: ageMax, first_stored: first } = store;
  const size = `${messages} messages, ${bytesText(bytes)}${most === null ? "" : ` of ${bytesText(most)}`}`;
  const kept = ageMax === null ? "" : `, kept for ${lasting(ageMax)}`;
  return `${size}${kept}${first === null ? "" : `, the oldest ${age(first, nowMs)} old`}`;
}
