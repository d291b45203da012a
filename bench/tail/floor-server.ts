// The floor of a tail, as a process of its own: Node's own HTTP server, which writes what is posted to it to everyone who is
// connected, at once and with nothing in between. Writes its address to standard output when it listens.
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

const tailers = new Set<ServerResponse>();
let count = 0;

const server = createServer((request, answer) => {
  if (request.method === "GET") {
    answer.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    tailers.add(answer);
    answer.once("close", () => tailers.delete(answer));
  } else void send(request, answer);
});

async function send(request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const frame = Buffer.from(`id: ${(count += 1)}\nevent: reading\ndata: ${body.toString()}\n\n`);
  for (const tailer of tailers) tailer.write(frame);
  answer.writeHead(201).end();
}

server.listen({ host: "127.0.0.1", port: 0, backlog: 1_024 }, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
