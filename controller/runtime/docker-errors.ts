// What the engine's errors mean. dockerode rejects with an HTTP status for an answer, and with a system error when there is no
// engine to answer; the rest of the runtime asks here and never looks into an error itself.
import { StartError } from "./runtime.ts";

const reasonLengthMax = 300;

const unreachableCodes = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EACCES", "EPIPE", "ETIMEDOUT", "ABORT_ERR"]);

/** The HTTP status that the engine answered with, or null when it did not answer. */
export function statusOf(error: unknown): number | null {
  const status = field(error, "statusCode");
  return typeof status === "number" ? status : null;
}

/** The engine's own words in one line. */
export function engineReason(error: unknown): string {
  const answered = field(field(error, "json"), "message");
  const text = typeof answered === "string" ? answered : error instanceof Error ? error.message : String(error);
  const line = text
    .replace(/^\(HTTP code \d+\) .*? - /, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > reasonLengthMax ? `${line.slice(0, reasonLengthMax)}…` : line;
}

/** True when no engine answered: it is stopped, restarting, or its socket is not ours to open. */
export function isUnreachable(error: unknown): boolean {
  if (statusOf(error) !== null) return false;
  const name = field(error, "name");
  if (name === "AbortError" || name === "TimeoutError") return true;
  const code = field(error, "code");
  return typeof code === "string" && unreachableCodes.has(code);
}

/** True when the engine has no image of the name that a container was to be made from. */
export function isImageMissing(error: unknown): boolean {
  return statusOf(error) === 404 && /no such image/i.test(engineReason(error));
}

/** Any error of the engine as the runtime's own; one that is already the runtime's stays as it is. */
export function toStartError(error: unknown): StartError {
  if (error instanceof StartError) return error;
  if (isUnreachable(error)) {
    return new StartError("engine-unavailable", `the Docker engine does not answer: ${engineReason(error)}`, {
      cause: error,
    });
  }
  const code = isImageMissing(error) ? "image-unavailable" : "refused";
  return new StartError(code, engineReason(error), { cause: error });
}

/** Awaits a call whose aim may be reached already; these statuses say so (304 not modified, 404 gone, 409 under way). */
export async function tolerating<T>(statuses: readonly number[], call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const status = statusOf(error);
    if (status !== null && statuses.includes(status)) return null;
    throw error;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
