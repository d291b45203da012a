// Which run the events of a request belong to, and what set that run off: a chain of events and runs is followed by it (I10).
import type { IncomingHttpHeaders } from "node:http";
import type { RunOrigin } from "../bus/assignment.ts";
import type { Status } from "./status.ts";

/** By it the client says which of several runs it speaks for. */
const runHeader = "x-drover-run";

/** Null when no run is known to have sent it. */
export function originOf(headers: IncomingHttpHeaders, status: Pick<Status, "runOf">): RunOrigin | null {
  const said = headers[runHeader];
  const run = status.runOf(typeof said === "string" ? said : undefined);
  if (run === null) return null;
  const { id, cause, hops } = run;
  return { run: id, ...(cause !== undefined && { cause }), ...(hops !== undefined && { hops }) };
}
