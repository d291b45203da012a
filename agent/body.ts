// The body of a request, within a limit.
import type { IncomingMessage } from "node:http";

/** How much more than the limit is read and thrown away so that the client hears why; a client that goes on is cut off. */
const discardFactor = 8;

export type Body =
  | { readonly kind: "complete"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  /** The client went away; nobody waits for an answer. */
  | { readonly kind: "aborted" };

export function readBody(request: IncomingMessage, bytesMax: number): Promise<Body> {
  if (request.destroyed) return Promise.resolve({ kind: "aborted" });
  const { promise, resolve } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) {
      chunks.push(chunk);
      return;
    }
    chunks.length = 0;
    if (bytes > bytesMax * discardFactor) {
      request.pause();
      resolve({ kind: "too-large" });
    }
  });
  request.once("end", () =>
    resolve(bytes > bytesMax ? { kind: "too-large" } : { kind: "complete", bytes: Buffer.concat(chunks) }),
  );
  request.once("error", () => resolve({ kind: "aborted" }));
  request.once("close", () => resolve({ kind: "aborted" }));
  return promise;
}

/** What the body will need at most: what its sender announced, or the limit when it did not. */
export function announcedBytes(request: IncomingMessage, bytesMax: number): number {
  const announced = Number(request.headers["content-length"]);
  if (Number.isFinite(announced)) return Math.min(announced, bytesMax);
  return request.headers["transfer-encoding"] === undefined ? 0 : bytesMax;
}
