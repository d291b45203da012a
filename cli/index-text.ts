// The event index as commands show it.
import { bytesText } from "./bytes-text.ts";
import { fields } from "./sheet.ts";

/** As `GET /api/v1/index` and the `index` of `/info` have it. */
export type IndexState = {
  readonly events: number;
  readonly first_sequence: number;
  readonly last_sequence: number;
  /** Null while NATS does not answer. */
  readonly lag: number | null;
  readonly rebuilding: { readonly through: number; readonly of: number } | null;
  readonly bytes: number;
  readonly schema: number;
};

export function indexLine(index: IndexState | null): string {
  if (index === null) return "does not answer";
  return `${index.events} events, ${bytesText(index.bytes)}, ${stateText(index)}`;
}

export function indexSheet(index: IndexState): string {
  return fields({
    Events: String(index.events),
    Sequences: index.events === 0 ? "none" : `${index.first_sequence} to ${index.last_sequence}`,
    State: stateText(index),
    File: `${bytesText(index.bytes)}, schema ${index.schema}`,
  });
}

function stateText({ lag, rebuilding }: IndexState): string {
  const built = rebuilding === null ? "" : `, being built again (${rebuilding.through} of ${rebuilding.of})`;
  if (lag === null) return `NATS does not answer${built}`;
  return `${lag === 0 ? "up to date" : `${lag} behind the stream`}${built}`;
}
