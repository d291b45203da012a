// The published client's `Util`: its name and its three functions are Vamp's.
import { boolean } from "./boolean.ts";
import { constructor } from "./constructor.ts";
import { request } from "./http.ts";
import { Log } from "./log.ts";

export interface Util {
  boolean: typeof boolean;
  log: Log["log"];
  request: typeof request;
}

/** `new Util()` and `Util()` are the same. */
export const Util = constructor(createUtil);

function createUtil(): Util {
  return { boolean, log: Log().log, request };
}
