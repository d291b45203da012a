// Readers: how a raw value (from YAML, JSON or a request body) becomes a typed one.
//
//   A reader is a pure function, so it is built once and shared; bigger readers are made of smaller ones (record.ts, list.ts,
//   map.ts). It answers with a value or with every problem it found, and never throws because of its input.
//   `undefined` is what a missing field is read as: the reader then says what it had wanted.
import { type Parsed, accepted, refused } from "./problem.ts";
import { shown } from "./shown.ts";

export type Reader<T> = (raw: unknown, at: string) => Parsed<T>;

/** What a reader says when the value is not what it wants. */
export type Wanted = { readonly expected: string; readonly fix: string };

export function mismatch(at: string, raw: unknown, wanted: Wanted): Parsed<never> {
  return refused({ path: at, expected: wanted.expected, got: shown(raw), fix: wanted.fix });
}

/** Reads, and goes on with what was read: for a check that needs the value, or a change of its form. */
export function refine<T, U>(read: Reader<T>, next: (value: T, at: string) => Parsed<U>): Reader<U> {
  return (raw, at) => {
    const parsed = read(raw, at);
    return parsed.ok ? next(parsed.value, at) : parsed;
  };
}

/** Refuses what takes more than `bytesMax` as JSON, which is how it is stored and sent. */
export function withinBytes<T>(read: Reader<T>, bytesMax: number): Reader<T> {
  return refine(read, (value, at) => {
    const bytes = jsonBytes(value);
    if (bytes <= bytesMax) return accepted(value);
    return refused({
      path: at,
      expected: `at most ${bytesMax} bytes as JSON`,
      got: `${bytes} bytes`,
      fix: "make it smaller",
    });
  });
}

export function isObject(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** The path of a field: `breed.ports`; a key that is no plain word is quoted: `breed.ports["a b"]`. */
export function fieldPath(at: string, key: string): string {
  if (!/^[\w-]{1,80}$/.test(key)) return `${at}[${shown(key)}]`;
  return knownPath(at, key);
}

/** The path of a field whose name is ours, so that nothing about it needs to be checked. */
export function knownPath(at: string, field: string): string {
  return at === "" ? field : `${at}.${field}`;
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
