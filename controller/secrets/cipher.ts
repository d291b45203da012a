// AES-256-GCM with a fresh nonce each time; what a text belongs to is bound to it, so that it opens nowhere else.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Nonce, tag and ciphertext in base64. */
export function seal(key: Buffer, bytes: Buffer, belongsTo: readonly (string | number)[]): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound(belongsTo));
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

/** Throws when it was sealed with another key, belongs to something else, or has been changed. */
export function open(key: Buffer, sealed: string, belongsTo: readonly (string | number)[]): Buffer {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(bound(belongsTo));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
}

/** Of what is sealed. */
export function openedBytes(sealed: string): number {
  return Buffer.byteLength(sealed, "base64") - nonceBytes - tagBytes;
}

function bound(belongsTo: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify(belongsTo));
}
