import { constructor } from "./constructor.ts";

/** What user code logs with. Standard output is collected line by line, so this is the console. */
export interface Log {
  log: (...values: unknown[]) => void;
}

/** `new Log()` and `Log()` are the same. */
export const Log = constructor(createLog);

function createLog(): Log {
  return { log: (...values) => console.log(...values) };
}
