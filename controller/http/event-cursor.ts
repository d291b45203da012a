// A cursor: the place behind which a query goes on, as one opaque text.
//
//   C1. It belongs to one query (filter, order and the bounds on time as they were written); with another one it is refused.
//   C2. It holds the bounds as instants, as they were at the query's first page: what `now-1h` means does not move while
//       somebody reads.
//   C3. The place is a stream sequence, so events that come in the meantime shift nothing: no gap, no double.
import { createHash } from "node:crypto";
import { instant } from "../../model/instant.ts";
import { type Parsed, accepted, refused } from "../../model/problem.ts";
import { isObject } from "../../model/reader.ts";
import { shown } from "../../model/shown.ts";
import type { TimeRange } from "../events/questions.ts";

/** Given in place of a cursor it begins a reading by cursor. */
export const cursorStart = "*";
const cursorCharsMax = 512;
const version = 1;
const bounds: ReadonlySet<string> = new Set(["gt", "gte", "lt", "lte"] satisfies (keyof TimeRange)[]);

export type Cursor = { readonly beyond: number; readonly time: TimeRange };

/** What tells a query from another. */
export function fingerprintOf(query: unknown): string {
  return createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 16);
}

export function writeCursor(fingerprint: string, { beyond, time }: Cursor): string {
  return Buffer.from(JSON.stringify([version, fingerprint, beyond, time])).toString("base64url");
}

export function readCursor(text: string, fingerprint: string): Parsed<Cursor> {
  const fix = `leave it out, or write cursor=${cursorStart} to begin anew`;
  const refuse = (expected: string): Parsed<never> => refused({ path: "cursor", expected, got: shown(text), fix });
  const parts = partsOf(text);
  if (parts === null) return refuse("a cursor as X-Next-Cursor gave it");
  if (parts.fingerprint !== fingerprint)
    return refuse("a cursor of this query; it is one of another filter, order or range of time");
  return accepted(parts.cursor);
}

function partsOf(text: string): { readonly fingerprint: string; readonly cursor: Cursor } | null {
  if (text.length > cursorCharsMax || !/^[\w-]+$/.test(text)) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return null;
  }
  if (!Array.isArray(raw) || raw.length !== 4 || raw[0] !== version) return null;
  const [, fingerprint, beyond, time] = raw as unknown[];
  if (typeof fingerprint !== "string" || !isSequence(beyond) || !isRange(time)) return null;
  return { fingerprint, cursor: { beyond, time } };
}

function isSequence(raw: unknown): raw is number {
  return Number.isSafeInteger(raw) && Number(raw) >= 0;
}

function isRange(raw: unknown): raw is TimeRange {
  return isObject(raw) && Object.entries(raw).every(([name, at]) => bounds.has(name) && instant(at, name).ok);
}
