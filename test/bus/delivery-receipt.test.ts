import { expect, test } from "vitest";
import { again, parseReceipt } from "../../bus/delivery-receipt.ts";

const counted = { deliveries: 2, streamSeq: 17, consumerSeq: 23, storedAtMs: 1_900_000_000_123 };

test.each([
  ["$JS.ACK.RUNS.hello.2.17.23.1900000000123456789.4", "as this server writes it"],
  ["$JS.ACK.hub.ACCOUNT.RUNS.hello.2.17.23.1900000000123456789.4", "with a domain"],
  ["$JS.ACK._.ACCOUNT.RUNS.hello.2.17.23.1900000000123456789.4.token", "as newer servers write it"],
])("%s is read %s", (ackSubject) => {
  expect(parseReceipt(ackSubject)).toEqual({ ...counted, ackSubject });
});

test.each([
  undefined,
  "",
  "_INBOX.x",
  "$JS.ACK.RUNS.hello",
  "$JS.ACK.RUNS.hello.a.17.23.19.4",
  "$JS.ACK.RUNS.hello.2.17.23.x.4",
])("%s is no receipt", (subject) => {
  expect(parseReceipt(subject)).toBeNull();
});

test("a message is given back at once, or after a delay in nanoseconds", () => {
  expect(again(0)).toBe("-NAK");
  expect(again(1_500)).toBe('-NAK {"delay":1500000000}');
  expect(again(30 * 86_400_000)).toBe('-NAK {"delay":2592000000000000}');
});
