// Many readers of one event stream, and an even flow of events into it, both from this process: the time that an event carries and
// the time at which it is here are of one clock. Readers are bare sockets, so that reading costs as little as it can.
import { once } from "node:events";
import { Agent, request } from "node:http";
import { type Socket, connect } from "node:net";

const headOpening = 50;
const marker = '"sentMs":';
const numberChars = 20;
const path = "/api/v1/events";

export type Flow = { readonly latenciesMs: Float64Array; readonly sent: number; readonly missing: number };

export type Readers = AsyncDisposable & {
  /** Sends `perSecond` events a second, evenly, and resolves when all readers have had them all, or `waitMs` after the last. */
  flow(options: { perSecond: number; seconds: number; waitMs: number }): Promise<Flow>;
};

/** Resolves when everyone is connected. */
export async function openReaders(url: string, count: number): Promise<Readers> {
  const sockets: Socket[] = [];
  let take: (sentMs: number) => void = () => {};
  for (let opened = 0; opened < count; opened += headOpening) {
    const some = Array.from({ length: Math.min(headOpening, count - opened) }, () => openReader(url, (ms) => take(ms)));
    sockets.push(...(await Promise.all(some)));
  }
  return {
    async flow({ perSecond, seconds, waitMs }) {
      const total = perSecond * seconds;
      const latenciesMs = new Float64Array(total * count);
      let here = 0;
      const all = Promise.withResolvers<void>();
      take = (sentMs) => {
        latenciesMs[here++] = performance.now() - sentMs;
        if (here === latenciesMs.length) all.resolve();
      };
      await send(url, { total, everyMs: 1_000 / perSecond });
      const timer = setTimeout(all.resolve, waitMs);
      await all.promise;
      clearTimeout(timer);
      take = () => {};
      return { latenciesMs: latenciesMs.subarray(0, here), sent: total, missing: total * count - here };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, "close")));
    },
  };
}

async function openReader(url: string, take: (sentMs: number) => void): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`GET ${path}/stream?type=reading HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [head] = (await once(socket, "data")) as [Buffer];
  if (!head.toString("latin1").startsWith("HTTP/1.1 200"))
    throw new Error(`${url} refused a reader: ${head.toString()}`);
  socket.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf(marker); at >= 0; at = chunk.indexOf(marker, at + 1)) {
      const from = at + marker.length;
      take(Number.parseFloat(chunk.toString("latin1", from, from + numberChars)));
    }
  });
  return socket;
}

async function send(url: string, { total, everyMs }: { total: number; everyMs: number }): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const posts: Promise<void>[] = [];
  const startedMs = performance.now();
  while (posts.length < total) {
    // What the timer was late for is sent now.
    while (posts.length < total && startedMs + posts.length * everyMs <= performance.now())
      posts.push(post(url, agent));
    await new Promise((resolve) => setTimeout(resolve, everyMs / 2));
  }
  await Promise.all(posts);
  agent.destroy();
}

function post(url: string, agent: Agent): Promise<void> {
  const value = { sentMs: Number(performance.now().toFixed(3)), celsius: 21.5, note: "x".repeat(100) };
  const body = JSON.stringify({ type: "reading", tags: ["site:s1", "device:d17", "temperature"], value });
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(url + path, { method: "POST", headers, agent }, (answer) => {
      answer.resume();
      answer.once("end", () =>
        answer.statusCode === 201 ? resolve() : reject(new Error(`${url} answered ${answer.statusCode}`)),
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
