// Secrets on their way to one agent: sealed for a key pair that this instance made for this one request, so that neither its
// assignment nor anything that passes NATS holds a value. X25519, HKDF-SHA256, AES-256-GCM.
//
//   D1. Workflow and instance are bound into the sealing: an answer opens for nobody else, and for no other request.
//   D2. Both key pairs are forgotten after one use.
import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import type { SecretValues } from "../model/secret-reference.ts";

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const algorithm = "aes-256-gcm";

/** `publicKey`: X25519, SPKI in base64. */
export type SecretsRequest = { readonly instance: string; readonly deployment: string; readonly publicKey: string };

export type SecretsReply =
  /** `sealed`: nonce, tag and what they belong to, in base64. */
  | { readonly kind: "sealed"; readonly publicKey: string; readonly sealed: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Whom the values are for. */
export type Recipient = { readonly workflow: string; readonly instance: string };

/** Values that one instance may get in all: they travel in one message, with a third on top for base64. */
export const deliveredBytesMax = 524_288;

/** Throws when the public key is none. */
export function sealFor(recipient: Recipient, publicKey: string, values: SecretValues): SecretsReply {
  const theirs = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
  const ours = generateKeyPairSync("x25519");
  const own = exported(ours.publicKey);
  const key = sharedKey(ours.privateKey, theirs, { recipient, salt: publicKey + own });
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(values), "utf8"), cipher.final()]);
  const sealed = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
  return { kind: "sealed", publicKey: own, sealed };
}

export type Receiver = {
  readonly publicKey: string;
  /** Throws when it was sealed for somebody else, or has been changed. */
  open(reply: Extract<SecretsReply, { kind: "sealed" }>): SecretValues;
};

export function createReceiver(recipient: Recipient): Receiver {
  const ours = generateKeyPairSync("x25519");
  const own = exported(ours.publicKey);
  return {
    publicKey: own,
    open({ publicKey, sealed }) {
      const theirs = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
      const key = sharedKey(ours.privateKey, theirs, { recipient, salt: own + publicKey });
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes));
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
      return JSON.parse(text.toString("utf8")) as SecretValues;
    },
  };
}

function sharedKey(
  privateKey: KeyObject,
  publicKey: KeyObject,
  { recipient, salt }: { readonly recipient: Recipient; readonly salt: string },
): Buffer {
  const shared = diffieHellman({ privateKey, publicKey });
  const info = JSON.stringify(["drover secrets", recipient.workflow, recipient.instance]);
  return Buffer.from(hkdfSync("sha256", shared, salt, info, keyBytes));
}

function exported(key: KeyObject): string {
  return key.export({ format: "der", type: "spki" }).toString("base64");
}
