// What this machine can do at all: Node's own HTTP server, which parses the body and echoes it. As a process of its own, it writes
// its address to standard output when it listens.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, answer) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const event: unknown = JSON.parse(Buffer.concat(chunks).toString());
    answer.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify(event));
  });
});
server.listen({ host: "127.0.0.1", port: 0 }, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once("SIGTERM", () => server.close());
