// The value that a caller presents, of an API key or a token: how it is made, and what is stored of it.
import { createHash, randomBytes } from "node:crypto";

const valueBytes = 32;

/** With a beginning that tells people what it is. */
export function newCredential(prefix: string): string {
  return prefix + randomBytes(valueBytes).toString("base64url");
}

/** SHA-256: of the same length whatever the value, so that a comparison tells not even that. */
export function hashOf(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}

/** A key of a bucket may neither begin nor end with a dot; the name of an API key or a token may. */
export function bucketName(name: string): string {
  return Buffer.from(name).toString("base64url");
}
