// The agent's own voice: one JSON line per message on standard error. User code never writes here, so what a container's log
// shows is what the agent itself had to say.

import { type Mask, noMask } from "../model/mask.ts";

export type Fields = Readonly<Record<string, string | number | boolean | null>>;

export const log = {
  info: (message: string, fields: Fields = {}): void => write("info", message, fields),
  warn: (message: string, fields: Fields = {}): void => write("warn", message, fields),
  error: (message: string, fields: Fields = {}): void => write("error", message, fields),
};

let mask = noMask;

/** From now on no line has one of these values. */
export function maskLog(values: Mask): void {
  mask = values;
}

function write(level: string, message: string, fields: Fields): void {
  const said = mask.value({ message, ...fields });
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, ...said })}\n`);
}

/** What to say of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
