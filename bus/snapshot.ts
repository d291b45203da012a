// Streams as files: JetStream's own snapshot of a stream, taken from a running server and put into another one. A snapshot keeps
// sequences, times and headers of all messages; consumers are left out, who needs one makes it again.
//
//   N1. A snapshot holds every message that was stored when it was asked for, and may hold some that came meanwhile.
//   N2. Memory is bounded: chunks are acknowledged as they are taken, and a taker that falls behind by waitingBytesMax ends it
//       (the server itself waits for an acknowledgement for no more than a moment).
//   N3. A snapshot that breaks off is an error, never a short file: its end is a message of its own.
import { type JetStreamManager, type StreamConfig, type StreamState, jetstreamManager } from "@nats-io/jetstream";
import { type Msg, type NatsConnection, createInbox } from "@nats-io/nats-core";
import { controllerOwner, inboxPrefix } from "./subjects.ts";

const chunkBytes = 131_072;
const waitingBytesMax = 67_108_864;
/** Large streams are checked by the server before the first chunk comes. */
const answerWaitMs = 120_000;
const silenceMaxMs = 60_000;

export type StreamShape = { readonly config: StreamConfig; readonly state: StreamState };
export type Snapshot = StreamShape & { readonly chunks: AsyncIterable<Uint8Array> };

type Answer = Partial<StreamShape> & {
  readonly deliver_subject?: string;
  readonly error?: { readonly description?: string };
};

/** Rejects when there is no such stream or it cannot be read. The chunks must be taken, or their iteration ended. */
export async function snapshotOf(nc: NatsConnection, stream: string): Promise<Snapshot> {
  const inbox = createInbox(inboxPrefix(controllerOwner));
  const incoming = receive(nc, inbox);
  try {
    const wanted = { deliver_subject: inbox, no_consumers: true, chunk_size: chunkBytes };
    const answer = await ask(nc, `$JS.API.STREAM.SNAPSHOT.${stream}`, wanted);
    if (!answer.config || !answer.state) throw new Error(`the server sent no snapshot of ${stream}`);
    return { config: answer.config, state: answer.state, chunks: incoming.chunks() };
  } catch (error) {
    incoming.end();
    throw error;
  }
}

/** Makes the stream from its snapshot. Rejects when a stream of this name is there, or the server cannot make sense of it. */
export async function restoreStream(
  nc: NatsConnection,
  { config, state }: StreamShape,
  chunks: AsyncIterable<Uint8Array>,
): Promise<StreamState> {
  const name = config.name;
  const { deliver_subject: target } = await ask(nc, `$JS.API.STREAM.RESTORE.${name}`, { config, state });
  if (target === undefined) throw new Error(`the server does not take a snapshot of ${name}`);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += chunkBytes) {
      const said = await nc.request(target, chunk.subarray(at, at + chunkBytes), { timeout: silenceMaxMs });
      if (said.data.length > 0) throw refusal(name, said.json<Answer>());
    }
  }
  const end = (await nc.request(target, new Uint8Array(), { timeout: answerWaitMs })).json<Answer>();
  if (end.error) throw refusal(name, end);
  const jsm: JetStreamManager = await jetstreamManager(nc);
  return (await jsm.streams.info(name)).state;
}

function receive(nc: NatsConnection, inbox: string): { chunks(): AsyncGenerator<Uint8Array>; end(): void } {
  const waiting: Msg[] = [];
  let waitingBytes = 0;
  let failed: Error | null = null;
  let wake = Promise.withResolvers<void>();
  const subscription = nc.subscribe(inbox, {
    callback: (error, msg) => {
      if (error) failed ??= error;
      else {
        waiting.push(msg);
        waitingBytes += msg.data.length;
        if (waitingBytes > waitingBytesMax) failed ??= new Error("the snapshot came faster than it was taken");
      }
      wake.resolve();
    },
  });
  const end = (): void => {
    if (!nc.isClosed()) subscription.unsubscribe();
  };

  return { chunks, end };

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const msg = await next();
        if (msg.data.length === 0) return;
        yield msg.data;
        if (msg.reply) nc.publish(msg.reply);
      }
    } finally {
      end();
    }
  }

  async function next(): Promise<Msg> {
    for (;;) {
      if (failed) throw failed;
      const msg = waiting.shift();
      if (msg) {
        waitingBytes -= msg.data.length;
        return msg;
      }
      wake = Promise.withResolvers();
      const silence = setTimeout(() => {
        failed ??= new Error(`the snapshot broke off: nothing came for ${silenceMaxMs} ms`);
        wake.resolve();
      }, silenceMaxMs);
      await wake.promise.finally(() => clearTimeout(silence));
    }
  }
}

async function ask(nc: NatsConnection, subject: string, wanted: unknown): Promise<Answer> {
  const answer = (await nc.request(subject, JSON.stringify(wanted), { timeout: answerWaitMs })).json<Answer>();
  if (answer.error) throw new Error(answer.error.description ?? `the server refused ${subject}`);
  return answer;
}

function refusal(stream: string, { error }: Answer): Error {
  return new Error(`the server refused the snapshot of ${stream}: ${error?.description ?? "no reason given"}`);
}
