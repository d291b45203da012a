// What an answer of the events API shows.
import type { Event } from "../../model/event.ts";
import type { Answered } from "./edge.ts";

export function valuesOf({ body }: Answered): unknown[] {
  return (body as unknown as Event[]).map(({ value }) => value);
}

export function headersOf({ headers }: Answered): Readonly<Record<string, string | undefined>> {
  return headers as Record<string, string>;
}

export function problemsOf({ body }: Answered): readonly { path: string; expected: string; fix: string }[] {
  return (body["problems"] ?? []) as { path: string; expected: string; fix: string }[];
}
