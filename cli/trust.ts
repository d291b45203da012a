// HTTPS with a certificate authority of one's own. Node's fetch takes none, so undici's is used, and loaded, only then.
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { Failure } from "./failure.ts";

/** A certificate file (PEM) as its text. Throws Failure (exit code 2). */
export function certificateIn(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    createSecureContext({ cert: text });
    return text;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure(`--ca: ${path}: expected the certificate of an authority in PEM format (${code ?? message})`, 2);
  }
}

/** `fetch` that believes this authority alone. */
export async function fetchWith(ca: string): Promise<typeof fetch> {
  const { Agent, fetch: undiciFetch } = await import("undici");
  const dispatcher = new Agent({ connect: { ca } });
  return ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
}
