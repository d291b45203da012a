// A moment in a request.
import { momentOf as momentIn } from "../../model/moment.ts";
import type { Parsed } from "../../model/problem.ts";

/** A plus in a query is a space; it stands in offsets such as +02:00. */
export function momentOf(text: string, path: string, now: Date): Parsed<string> {
  return momentIn(text.replace(/(?<=T.*) (?=\d\d:?\d\d$)/, "+"), path, now);
}
