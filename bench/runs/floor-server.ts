// The floor of the whole path, least code, as a process of its own: POST → JetStream, acknowledged → pull consumer → socket of the
// agent in its container → result → JetStream, acknowledged. No checks, identities, retries, logs or history.
//   node floor-server.ts <NATS URL> <socket>
// Writes its address to standard output when it listens; the agent may connect from then on.
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, type Socket, createServer as createSocket } from "node:net";
import { createInterface } from "node:readline";
import { AckPolicy, StorageType, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { readingOptions } from "../../bus/reading.ts";
import { floorIn, floorOut } from "./floor-subjects.ts";

const consumerName = "agent";
const ackPendingMax = 5_000;
const pulling = { ...readingOptions, max_messages: 1_000 };

const [servers = "", socketPath = ""] = process.argv.slice(2);
const nc = await connect({ servers });
const jsm = await jetstreamManager(nc);
for (const name of [floorIn, floorOut]) await jsm.streams.add({ name, subjects: [name], storage: StorageType.File });
await jsm.consumers.add(floorIn, {
  durable_name: consumerName,
  ack_policy: AckPolicy.Explicit,
  max_ack_pending: ackPendingMax,
});
const publish = countedPublisher();

const server = createServer((request, answer) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    JSON.parse(body.toString());
    void publish(floorIn, body).then(() => answer.writeHead(202).end());
  });
});
const agents = createSocket((socket) => void serve(socket));
agents.listen(socketPath);
await once(agents, "listening");
// The container's user is another one.
chmodSync(socketPath, 0o666);
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.once("SIGTERM", () => process.exit());

async function serve(socket: Socket): Promise<void> {
  const running = new Map<string, (result: string) => void>();
  let count = 0;
  let turn = "";
  createInterface({ input: socket }).on("line", (line) => {
    const space = line.indexOf(" ");
    const key = line.slice(0, space);
    running.get(key)?.(line.slice(space + 1));
    running.delete(key);
  });
  const run = (event: string): Promise<string> =>
    new Promise((resolve) => {
      const key = String((count += 1));
      running.set(key, resolve);
      if (turn === "") {
        setImmediate(() => {
          socket.write(turn);
          turn = "";
        });
      }
      turn += `${key} ${event}\n`;
    });
  const consumer = await jetstream(nc).consumers.get(floorIn, consumerName);
  await consumer.consume({
    ...pulling,
    callback: (message) =>
      void run(message.string())
        .then(async (result) => publish(floorOut, result))
        .then(() => message.ack()),
  });
}

/** Publishes of one turn leave in one write, and one subscription counts the acks. */
function countedPublisher(): (subject: string, payload: Uint8Array | string) => Promise<void> {
  const waiting = new Map<string, () => void>();
  let count = 0;
  let turn: (() => void)[] = [];
  nc.subscribe("floor.ack.*", {
    callback: (_, message) => {
      waiting.get(message.subject)?.();
      waiting.delete(message.subject);
    },
  });
  return (subject, payload) =>
    new Promise((resolve) => {
      const reply = `floor.ack.${(count += 1)}`;
      waiting.set(reply, resolve);
      const sends = turn.push(() => nc.publish(subject, payload, { reply }));
      if (sends > 1) return;
      setImmediate(() => {
        const sending = turn;
        turn = [];
        for (const send of sending) send();
      });
    });
}
