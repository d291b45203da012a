import { expect, test } from "vitest";
import type { QueuedRun } from "../../bus/run-message.ts";
import { createCapture } from "../../controller/breed-tests/capture.ts";
import { BatchTooLarge } from "../../controller/events/batch.ts";
import type { Event } from "../../model/event.ts";

const at = "2030-01-01T00:00:00.000Z";
const cause = (id: string): Event => ({ id, source: "/api", type: "order", tags: ["o"], value: 1, timestamp: at });
const run = (id: string, hops = 1): QueuedRun => ({
  id,
  workflow: "hello",
  trigger: "event",
  event: cause(`cause of ${id}`),
  hops,
  slot: null,
  queuedAt: at,
  createdAt: null,
  attemptsBefore: 0,
});
const sent = (value: unknown, id?: string) => ({
  source: "/workflows/hello",
  type: "paid",
  tags: ["p"],
  value,
  timestamp: at,
  ...(id !== undefined && { id }),
});
const capture = () => createCapture("hello", [run("a"), run("b", 5)]);

test("an event is captured as it would have been stored, with the run that emitted it", async () => {
  const events = capture();
  const answered = await events.sink("b").append(sent(1));
  expect(events.of("b")).toEqual({ events: [answered], refused: 0 });
  expect(answered).toEqual({ ...sent(1), id: expect.any(String), run: "b", cause: "cause of b", hops: 5 });
  expect(events.of("a").events).toEqual([]);
});

test("an event that names no run is of the run that began last", async () => {
  const events = capture();
  await events.sink(null).append(sent(1));
  events.begun("b");
  await events.sink(null).append(sent(2));
  await events.sink("of another test").append(sent(3));
  expect(events.of("a").events.map(({ value }) => value)).toEqual([1]);
  expect(events.of("b").events.map(({ value }) => value)).toEqual([2, 3]);
});

test("events with one id are one event, the first, in a batch as well", async () => {
  const events = capture();
  await events.sink("a").append(sent(1, "x"));
  expect(await events.sink("a").append(sent(2, "x"))).toMatchObject({ value: 1 });
  expect(await events.sink("b").appendAll([sent(3, "y"), sent(4, "y"), sent(5, "x")])).toEqual(["y", "x"]);
  expect(events.of("a").events.map(({ value }) => value)).toEqual([1]);
  expect(events.of("b").events.map(({ value }) => value)).toEqual([3]);
});

test("what is more than a test captures is refused and counted, and of a batch nothing is taken then", async () => {
  const events = capture();
  await events.sink("a").appendAll(Array.from({ length: 999 }, (_, n) => sent(n)));
  await expect(events.sink("b").appendAll([sent(1), sent(2)])).rejects.toBeInstanceOf(BatchTooLarge);
  await events.sink("b").append(sent(3));
  await expect(events.sink("b").append(sent(4))).rejects.toThrow("captures 1000 events");
  expect(events.of("b")).toMatchObject({ events: [{ value: 3 }], refused: 3 });
});
