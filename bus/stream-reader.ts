// Reads a stream in order, from a sequence or a time on, as fast as whoever reads asks for more.
//
//   R1. Each message comes once and in stream order. When messages went missing, or the server forgot the consumer, another one
//       takes over behind the last message.
//   R2. What was not asked for stays at the server: besides what has been handed over, at most one batch is here.
//   R3. The consumer is removed with `stop`; the server removes one whose reader died after inactiveMs.
import {
  type ConsumerInfo,
  AckPolicy,
  DeliverPolicy,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import { type Msg, type NatsConnection, createInbox, nanos } from "@nats-io/nats-core";
import { parseReceipt } from "./delivery-receipt.ts";
import { type PullConsumer, type PullEnd, createPullConsumer } from "./pull-consumer.ts";
import { messageBytesMax } from "./streams.ts";
import { controllerOwner, inboxPrefix, nextOf } from "./subjects.ts";

const inactiveMs = 60_000;
const batchMessages = 256;
/** A message counts with its subject and frame; one of any size must fit. */
const batchBytesMax = messageBytesMax + 50_000;
const pauseMs = 100;
const consumerNotFound = 10_014;

export type StreamMessage = { readonly seq: number; readonly subject: string; readonly data: Uint8Array };

export type ReadFrom =
  | { readonly kind: "sequence"; readonly sequence: number }
  /** Messages stored then or later; an ISO 8601 instant. */
  | { readonly kind: "time"; readonly time: string };

export type StreamReader = {
  /** The next messages as soon as there are any; none when there are none within `waitMs`, or after `stop`. One call at a time. */
  next(waitMs: number): Promise<readonly StreamMessage[]>;
  /** Whether at this moment the stream has nothing for this reader but what it has been given. */
  isAtEnd(): Promise<boolean>;
  stop(): Promise<void>;
};

type State = { readonly kind: "none" } | Open | { readonly kind: "stopped" };
type Open = {
  readonly kind: "open";
  readonly name: string;
  readonly pull: PullConsumer;
  /** Of its deliveries, the last that came. */
  consumerSeq: number;
  /** A request had no answer. */
  isDoubted: boolean;
};

/** For the controller's own identity. `subject`: only messages under it. */
export async function openStreamReader(
  nc: NatsConnection,
  stream: string,
  { from, subject }: { from: ReadFrom; subject?: string },
): Promise<StreamReader> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  let at = from;
  let state: State = { kind: "none" };
  let arrived: StreamMessage[] = [];
  let wake = (): void => {};

  return {
    async next(waitMs) {
      const deadlineMs = performance.now() + waitMs;
      while (arrived.length === 0 && state.kind !== "stopped") {
        const leftMs = deadlineMs - performance.now();
        if (leftMs <= 0) break;
        await ask();
        if (arrived.length === 0 && isAsking()) await woken(leftMs);
      }
      const messages = arrived;
      arrived = [];
      return messages;
    },
    async isAtEnd() {
      if (state.kind !== "open" || arrived.length > 0) return false;
      const { name, consumerSeq } = state;
      const { num_pending: pending, delivered } = await jsm.consumers.info(stream, name);
      return pending === 0 && delivered.consumer_seq === consumerSeq && arrived.length === 0;
    },
    async stop() {
      const before = state;
      state = { kind: "stopped" };
      wake();
      if (before.kind === "open") await remove(before);
    },
  };

  /** One request is outstanding while somebody waits. A server that is away is asked again after a pause. */
  async function ask(): Promise<void> {
    try {
      if (state.kind === "open" && state.isDoubted) await check(state);
      if (state.kind === "none") state = await open();
      if (state.kind === "open" && state.pull.outstanding === 0) state.pull.request(batchMessages, batchBytesMax);
    } catch (error) {
      if (nc.isClosed()) throw error;
      await woken(pauseMs);
    }
  }

  async function open(): Promise<State> {
    const info = await jsm.consumers.add(stream, {
      ...positionOf(at),
      ...(subject === undefined ? {} : { filter_subject: subject }),
      ack_policy: AckPolicy.None,
      mem_storage: true,
      inactive_threshold: nanos(inactiveMs),
    });
    const opened: Open = {
      kind: "open",
      name: info.name,
      consumerSeq: 0,
      isDoubted: false,
      pull: createPullConsumer(nc, nextOf(stream, info.name), {
        inbox: createInbox(inboxPrefix(controllerOwner)),
        listener: {
          message: (msg) => take(opened, msg),
          ended: (end) => ended(opened, end),
        },
      }),
    };
    // It may have been stopped meanwhile.
    if (isStopped()) await remove(opened);
    return isStopped() ? state : opened;
  }

  function take(one: Open, msg: Msg): void {
    const receipt = parseReceipt(msg.reply);
    if (state !== one || receipt === null) return;
    if (receipt.consumerSeq !== one.consumerSeq + 1) return leave(one);
    one.consumerSeq = receipt.consumerSeq;
    at = { kind: "sequence", sequence: receipt.streamSeq + 1 };
    arrived.push({ seq: receipt.streamSeq, subject: msg.subject, data: msg.data });
    wake();
  }

  function ended(one: Open, end: PullEnd): void {
    if (end !== "satisfied" && end !== "expired") one.isDoubted = true;
    // Until the next request the server may forget the consumer: that shows soon then, not after a whole request without an answer.
    if (end === "satisfied") one.pull.forget();
    if (state === one) wake();
  }

  /** A server that is slow may be silent; only one that has forgotten the consumer, or sent what never came, is left. */
  async function check(one: Open): Promise<void> {
    const info = await infoOf(jsm, stream, one.name);
    one.isDoubted = false;
    if (info?.delivered.consumer_seq !== one.consumerSeq) leave(one);
  }

  function leave(one: Open): void {
    if (state !== one) return;
    state = { kind: "none" };
    void remove(one);
    wake();
  }

  async function remove({ name, pull }: Open): Promise<void> {
    await pull.stop();
    await removeConsumer(jsm, stream, name);
  }

  function isStopped(): boolean {
    return state.kind === "stopped";
  }

  function isAsking(): boolean {
    return state.kind === "open" && state.pull.outstanding > 0;
  }

  function woken(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, withinMs);
      wake = done;
      function done(): void {
        clearTimeout(timer);
        wake = () => {};
        resolve();
      }
    });
  }
}

function positionOf(from: ReadFrom) {
  return from.kind === "sequence"
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from.sequence) }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.time };
}

async function infoOf(jsm: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | null> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    if ((error as { code?: number }).code === consumerNotFound) return null;
    throw error;
  }
}

/** Whatever keeps it from being removed now, the server removes it when nobody asks any more. */
async function removeConsumer(jsm: JetStreamManager, stream: string, name: string): Promise<void> {
  await jsm.consumers.delete(stream, name).catch(() => {});
}
