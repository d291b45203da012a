// Signs of life, and what happens when none could be given. The clock is the test's.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Connection } from "../../agent/connection.ts";
import { createKeepAlive } from "../../agent/keep-alive.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

const receipt = { ackSubject: "$JS.ACK.RUNS.w.1.7.7.0.0", deliveries: 1, streamSeq: 7, consumerSeq: 7, storedAtMs: 0 };

function startKeepAlive() {
  const published: string[] = [];
  const nc = { isClosed: () => false, publish: (subject: string) => published.push(subject) };
  const connection = { online: true, nc, onChange: () => () => {} } as unknown as Connection;
  let steadyMs = 0;
  const told: string[] = [];
  const keepAlive = createKeepAlive(connection, {
    onSign: () => told.push("sign"),
    onStoodStill: () => told.push("stood still"),
    steadyMs: () => steadyMs,
  });
  /** The timer fires once, so long after the time before. */
  const fireAfter = (ms: number): void => {
    steadyMs += ms;
    vi.advanceTimersByTime(3_000);
  };
  return { keepAlive, published, told, fireAfter };
}

test("what is held is kept alive, and what is released is not", () => {
  const { keepAlive, published, fireAfter } = startKeepAlive();
  const held = keepAlive.hold(receipt);
  fireAfter(3_000);
  keepAlive.release(held);
  fireAfter(3_000);
  expect(published).toEqual([receipt.ackSubject]);
  keepAlive.stop();
});

test("an agent that stood still for longer than JetStream waits is told so; one that was a little late is not", () => {
  const { keepAlive, told, fireAfter } = startKeepAlive();
  fireAfter(9_000);
  fireAfter(12_000);
  fireAfter(3_000);
  expect(told).toEqual(["sign", "stood still", "sign", "sign"]);
  keepAlive.stop();
});
