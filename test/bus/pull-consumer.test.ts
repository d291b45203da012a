import { AckPolicy, jetstreamManager } from "@nats-io/jetstream";
import { type Msg, type NatsConnection, nanos } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { createAcknowledger } from "../../bus/acknowledger.ts";
import { done } from "../../bus/delivery-receipt.ts";
import { type PullConsumer, type PullEnd, createPullConsumer } from "../../bus/pull-consumer.ts";
import { allRuns, nextRuns, runSubject, runsOf, runsStream } from "../../bus/subjects.ts";
import { startNats } from "../nats.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 10 };
const bytesMax = 1024 * 1024;

type Here = {
  readonly nc: NatsConnection;
  readonly pull: PullConsumer;
  readonly taken: Msg[];
  readonly ends: PullEnd[];
  makeConsumer(): Promise<unknown>;
  deleteConsumer(): Promise<unknown>;
  store(run: string, bytes?: number): Promise<unknown>;
} & AsyncDisposable;

async function startHere(): Promise<Here> {
  const nats = await startNats();
  const nc = await connect({ servers: nats.url });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: runsStream, subjects: [allRuns()] });
  const taken: Msg[] = [];
  const ends: PullEnd[] = [];
  const listener = { message: (msg: Msg) => void taken.push(msg), ended: (end: PullEnd) => void ends.push(end) };
  const pull = createPullConsumer(nc, nextRuns("hello"), { inbox: "_INBOX_hello.pull", listener });
  return {
    nc,
    pull,
    taken,
    ends,
    makeConsumer: () =>
      jsm.consumers.add(runsStream, {
        durable_name: "hello",
        filter_subject: runsOf("hello"),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(10_000),
      }),
    deleteConsumer: () => jsm.consumers.delete(runsStream, "hello"),
    store: (run, bytes = 1) => nc.request(runSubject("hello", run), "x".repeat(bytes)),
    async [Symbol.asyncDispose]() {
      await pull.stop();
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

test("a request is satisfied by as many messages as it asked for, and no more come", async () => {
  await using here = await startHere();
  await here.makeConsumer();
  for (const run of ["a", "b", "c"]) await here.store(run);
  here.pull.request(2, bytesMax);
  expect(here.pull.outstanding).toBe(2);
  await expect.poll(() => here.ends, soon).toEqual(["satisfied"]);
  await here.nc.flush();
  expect(here.taken.map(({ subject }) => subject)).toEqual(["run.hello.a", "run.hello.b"]);
  expect(here.pull.outstanding).toBe(0);
});

test("a message that is stored while a request is outstanding comes at once", async () => {
  await using here = await startHere();
  await here.makeConsumer();
  await here.store("a");
  here.pull.request(1, bytesMax);
  await expect.poll(() => here.ends, soon).toEqual(["satisfied"]);
  here.pull.request(1, bytesMax);
  await here.nc.flush();
  await here.store("b");
  await expect.poll(() => here.taken.length, soon).toBe(2);
});

test("the first request is short, so that a consumer that is not there is noticed, and one that is, too", async () => {
  await using here = await startHere();
  here.pull.request(1, bytesMax);
  await expect.poll(() => here.ends, soon).toEqual(["absent"]);
  await here.makeConsumer();
  here.pull.request(1, bytesMax);
  await expect.poll(() => here.ends, soon).toEqual(["absent", "expired"]);
});

test("a consumer that is removed ends the request", async () => {
  await using here = await startHere();
  await here.makeConsumer();
  here.pull.request(1, bytesMax);
  await expect.poll(() => here.ends, soon).toEqual(["expired"]);
  here.pull.request(1, bytesMax);
  await here.nc.flush();
  await here.deleteConsumer();
  await expect.poll(() => here.ends, soon).toEqual(["expired", "absent"]);
});

test("a request brings no more bytes than it may, and the rest comes with the next one", async () => {
  await using here = await startHere();
  await here.makeConsumer();
  for (const run of ["a", "b", "c"]) await here.store(run, 400_000);
  here.pull.request(3, bytesMax);
  await expect.poll(() => here.ends, soon).toEqual(["expired"]);
  expect(here.taken).toHaveLength(2);
  here.pull.request(1, bytesMax);
  await expect.poll(() => here.taken.length, soon).toBe(3);
});

test("an acknowledgement is confirmed, also when it is repeated; without its consumer nobody does", async () => {
  await using here = await startHere();
  await here.makeConsumer();
  await here.store("a");
  here.pull.request(1, bytesMax);
  await expect.poll(() => here.taken.length, soon).toBe(1);
  const acknowledger = createAcknowledger(here.nc, "_INBOX_hello.ack");
  const ackSubject = here.taken[0]?.reply ?? "";
  expect(await acknowledger.confirm(ackSubject, done)).toBe("confirmed");
  expect(await acknowledger.confirm(ackSubject, done)).toBe("confirmed");
  await here.deleteConsumer();
  expect(await acknowledger.confirm(ackSubject, done)).toBe("nobody");
  const unanswered = acknowledger.confirm(ackSubject, done);
  acknowledger.close();
  expect(await unanswered).toBe("unanswered");
});
