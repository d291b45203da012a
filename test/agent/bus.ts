// A nats-server with the streams that agents write to, and a controller's view of them.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, connect } from "@nats-io/transport-node";
import { type Connection, attend } from "../../agent/connection.ts";
import { allEvents, allLogs, eventsStream, inboxPrefix, logsStream } from "../../bus/subjects.ts";
import { type TestNats, startNats } from "../nats.ts";

export type Stored = { readonly subject: string; readonly id: string; readonly body: Record<string, unknown> };

export type TestBus = {
  readonly nats: TestNats;
  /** A connection that may do everything. */
  readonly nc: NatsConnection;
  /** A connection as the agent of `hello` has it. */
  agentConnection(): Promise<Connection>;
  /** Everything in the stream, oldest first. */
  events(): Promise<Stored[]>;
  logs(): Promise<Stored[]>;
  /** Starts the server again and waits until `nc` is back too: what it asks before that gets lost. */
  restartNats(): Promise<void>;
  /** From then on no stream takes events. */
  deleteEvents(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function startBus({ logMessageBytesMax = -1 } = {}): Promise<TestBus> {
  const nats = await startNats();
  const open = () =>
    connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 0 });
  const nc = await open();
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: eventsStream, subjects: [allEvents()] });
  await jsm.streams.add({ name: logsStream, subjects: [allLogs()], max_msg_size: logMessageBytesMax });
  const opened: Connection[] = [];
  return {
    nats,
    nc,
    async agentConnection() {
      const connection = attend(await open(), inboxPrefix("hello"));
      opened.push(connection);
      return connection;
    },
    events: () => everythingIn(jsm, eventsStream),
    logs: () => everythingIn(jsm, logsStream),
    async restartNats() {
      const back = reconnected(nc);
      await nats.restart();
      await back;
    },
    async deleteEvents() {
      await jsm.streams.delete(eventsStream);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((connection) => connection.close()));
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

async function reconnected(nc: NatsConnection): Promise<void> {
  for await (const status of nc.status()) if (status.type === "reconnect") return;
}

async function everythingIn(jsm: JetStreamManager, stream: string): Promise<Stored[]> {
  const { state } = await jsm.streams.info(stream);
  const found: Stored[] = [];
  // An empty stream begins at 0, which is no message; real ones begin at 1.
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await jsm.streams.getMessage(stream, { seq });
    if (message === null) continue;
    const body: Record<string, unknown> = message.json();
    found.push({ subject: message.subject, id: message.header.get("Nats-Msg-Id"), body });
  }
  return found;
}
