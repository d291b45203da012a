// Connections that ask for nothing, or do not read what they asked for: whoever opens thousands of them must not keep others out.
//
//   C1. At most connectionsMax are open. One more takes the place of the one that has been idle longest; when none is idle, of one
//       whose answer is written and not read. Only when all are at work is it closed instead.
//   C2. A connection is idle from its beginning, and from the end of each answer, until the head of a request has come. One that
//       became a WebSocket is not.
import type { FastifyInstance } from "fastify";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Each takes a file descriptor and some 20 KiB. The kernel allows a process 1,024 descriptors or more, usually many times this. */
const connectionsMax = 5_000;
const descriptorsKept = 256;

/** Of the server before it listens. */
export function boundConnections(app: FastifyInstance, max = connectionsAllowed()): void {
  const idle = new Map<string, Socket>();
  const busy = new Map<string, { readonly socket: Socket; readonly response: ServerResponse }>();
  let open = 0;

  app.server.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    if (open >= max && !closeOne()) return void socket.destroy();
    open += 1;
    idle.set(name, socket);
    socket.once("close", () => {
      open -= 1;
      if (idle.get(name) === socket) idle.delete(name);
      if (busy.get(name)?.socket === socket) busy.delete(name);
    });
  });
  app.server.on("upgrade", ({ socket }) => void idle.delete(nameOf(socket)));
  app.server.on("request", (request, response) => {
    const name = nameOf(request.socket);
    const socket = idle.get(name);
    if (socket === undefined) return;
    idle.delete(name);
    busy.set(name, { socket, response });
    response.once("close", () => {
      busy.delete(name);
      if (!socket.destroyed) idle.set(name, socket);
    });
  });

  /** False when all are at work. It is gone when its descriptor is, a moment later. */
  function closeOne(): boolean {
    const victim = idle.entries().next().value ?? stalled();
    if (victim === null) return false;
    const [name, socket] = victim;
    idle.delete(name);
    busy.delete(name);
    socket.destroy();
    return true;
  }

  function stalled(): [string, Socket] | null {
    for (const [name, { socket, response }] of busy)
      if (response.writableEnded && !response.writableFinished) return [name, socket];
    return null;
  }
}

/** What is below TLS and what is above it are two sockets of one name. */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** NATS, the index and files need some, too. */
function connectionsAllowed(): number {
  // It would ask who is at the other end of every connection.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = Number(userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? Math.max(1, Math.min(connectionsMax, limit - descriptorsKept)) : connectionsMax;
}
