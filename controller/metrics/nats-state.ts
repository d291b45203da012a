// How the connection to NATS is, and what the server says of Drover's streams and consumers: asked in one flight of requests.
import { type ConsumerInfo, type JetStreamManager, type StreamInfo, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { batchesStream, eventsStream, logsStream, runsStream, triggersConsumer } from "../../bus/subjects.ts";
import { type Family, counter, gauge, withinBound } from "./family.ts";

const answerMsMax = 1_500;
const workflowsMax = 50;
const streams = [eventsStream, runsStream, logsStream, batchesStream];

export type NatsState = {
  /** Of the connection; asks nobody. */
  connection(): Family[];
  /** Rejects when the server does not answer. */
  server(): Promise<ServerState>;
};

export type ServerState = { readonly families: Family[]; readonly lastSequence: number };

export function followNatsState(nc: NatsConnection): NatsState {
  let connected = !nc.isClosed();
  let reconnects = 0;
  void follow();

  return {
    connection: () => [
      gauge(
        "drover_nats_connected",
        "1 while the controller is connected to NATS.",
        Number(connected && !nc.isClosed()),
      ),
      counter("drover_nats_reconnects_total", "Connections to NATS that were lost and made again.", reconnects),
    ],
    async server() {
      const jsm = await jetstreamManager(nc, { timeout: answerMsMax, checkAPI: false });
      const [account, triggers, queues, ...found] = await Promise.all([
        jsm.getAccountInfo(),
        jsm.consumers.info(eventsStream, triggersConsumer),
        consumersOf(jsm, runsStream),
        ...streams.map((stream) => jsm.streams.info(stream)),
      ]);
      const storeMax = account.limits.max_storage;
      return {
        lastSequence: found[0]?.state.last_seq ?? 0,
        families: [
          ...streamFamilies(found),
          gauge("drover_nats_store_bytes", "Bytes that JetStream keeps in files for this account.", account.storage),
          gauge("drover_nats_store_max_bytes", "Bytes that it may keep; -1: no limit.", storeMax),
          gauge(
            "drover_trigger_pending_events",
            "Stored events that the triggers have not been given, or not made into runs yet.",
            triggers.num_pending + triggers.num_ack_pending,
          ),
          ...queueFamilies(queues),
        ],
      };
    },
  };

  async function follow(): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type === "disconnect") connected = false;
      if (type !== "reconnect") continue;
      connected = true;
      reconnects += 1;
    }
  }
}

async function consumersOf(jsm: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const all: ConsumerInfo[] = [];
  for await (const consumer of jsm.consumers.list(stream)) all.push(consumer);
  return all;
}

function streamFamilies(found: readonly StreamInfo[]): Family[] {
  const by = (value: (info: StreamInfo) => number) =>
    found.map((info) => ({ labels: { stream: info.config.name }, value: value(info) }));
  return [
    gauge(
      "drover_stream_messages",
      "Messages in a stream.",
      by(({ state }) => state.messages),
    ),
    gauge(
      "drover_stream_bytes",
      "Bytes that a stream takes.",
      by(({ state }) => state.bytes),
    ),
    gauge(
      "drover_stream_max_bytes",
      "Bytes that it may take; -1: no limit of its own.",
      by(({ config }) => config.max_bytes),
    ),
    gauge(
      "drover_stream_first_sequence",
      "Sequence of the oldest message that is kept.",
      by(({ state }) => state.first_seq),
    ),
    gauge(
      "drover_stream_last_sequence",
      "Sequence of the newest message.",
      by(({ state }) => state.last_seq),
    ),
    gauge(
      "drover_stream_consumers",
      "Consumers of a stream.",
      by(({ state }) => state.consumer_count),
    ),
  ];
}

/** The consumers of the run queues; named after their workflows, whose names they hold encoded. */
function queueFamilies(consumers: readonly ConsumerInfo[]): Family[] {
  const durable = consumers.filter(({ config }) => config.durable_name !== undefined);
  const all = durable.map(
    ({ name, num_pending: pending, num_ack_pending: unacknowledged, num_redelivered: redelivered }) =>
      [decodeURIComponent(name), { pending, unacknowledged, redelivered }] as const,
  );
  const bounded = withinBound(all, workflowsMax, {
    weight: ({ pending, unacknowledged }) => pending + unacknowledged,
    merge: (a, b) => ({
      pending: a.pending + b.pending,
      unacknowledged: a.unacknowledged + b.unacknowledged,
      redelivered: a.redelivered + b.redelivered,
    }),
  });
  return [
    gauge(
      "drover_run_consumer_messages",
      "Messages of a workflow's run consumer: not given to an agent yet, given and not acknowledged, given more than once.",
      bounded.flatMap(([workflow, states]) =>
        Object.entries(states).map(([state, value]) => ({ labels: { workflow, state }, value })),
      ),
    ),
  ];
}
