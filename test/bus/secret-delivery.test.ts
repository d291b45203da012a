// Values on their way to one instance: what others could do with what they see.
import { expect, test } from "vitest";
import { createReceiver, sealFor } from "../../bus/secret-delivery.ts";

const values = { github: { TOKEN: "a value that nobody may see" } };
const recipient = { workflow: "hello", instance: "hello-abc-0" };

function sealed(publicKey: string, to = recipient) {
  const reply = sealFor(to, publicKey, values);
  if (reply.kind !== "sealed") throw new Error(reply.reason);
  return reply;
}

test("what is sealed for an instance opens there", () => {
  const receiver = createReceiver(recipient);
  const reply = sealed(receiver.publicKey);
  expect(receiver.open(reply)).toEqual(values);
  const bytes = Buffer.from(reply.sealed, "base64").toString("latin1");
  expect(bytes).not.toContain("value");
});

test("it opens for no other request, no other instance, and not when a bit of it was changed", () => {
  const receiver = createReceiver(recipient);
  const reply = sealed(receiver.publicKey);
  expect(() => createReceiver(recipient).open(reply)).toThrow("authenticate");
  const foreign = sealed(receiver.publicKey, { workflow: "hello", instance: "hello-abc-1" });
  expect(() => receiver.open(foreign)).toThrow("authenticate");
  const bytes = Buffer.from(reply.sealed, "base64");
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  expect(() => receiver.open({ ...reply, sealed: bytes.toString("base64") })).toThrow("authenticate");
});

test("the same values are sealed anew each time", () => {
  const receiver = createReceiver(recipient);
  expect(sealed(receiver.publicKey).sealed).not.toBe(sealed(receiver.publicKey).sealed);
});

test("a public key that is none is refused", () => {
  expect(() => sealFor(recipient, "bm9uZQ==", values)).toThrow(/asn1|DECODER|key/i);
});
