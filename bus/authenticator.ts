// Answers a NATS server's challenge with the key of a credentials file, signed by Node's own Ed25519. The client library's signer
// is plain JavaScript: it takes 40 ms of a starting agent and 10 MiB of a running one.
import { createPrivateKey, sign } from "node:crypto";
import type { Authenticator } from "@nats-io/transport-node";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** A decoded seed: two bytes that say what it is of, the key, two bytes of checksum. */
const seedKeyStart = 2;
const seedKeyEnd = 34;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

/** `credentials` is the text of a credentials file. Throws when it holds no user JWT or no seed. */
export function createAuthenticator(credentials: string): Authenticator {
  const jwt = block(credentials, "NATS USER JWT");
  const seed = decodeBase32(block(credentials, "USER NKEY SEED")).subarray(seedKeyStart, seedKeyEnd);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
  return (nonce) => ({ jwt, nkey: "", sig: sign(null, Buffer.from(nonce ?? ""), key).toString("base64url") });
}

function block(credentials: string, name: string): string {
  const found = new RegExp(`-+BEGIN ${name}-+\\s+(\\S+)\\s+-+END ${name}-+`).exec(credentials)?.[1];
  if (found === undefined) throw new Error(`the NATS credentials hold no ${name}`);
  return found;
}

function decodeBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let bitCount = 0;
  for (const character of text) {
    bits = ((bits << 5) | base32.indexOf(character)) & 0xfff;
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes.push((bits >> bitCount) & 0xff);
    }
  }
  return Buffer.from(bytes);
}
