// The event stream over WebSocket.
import { once } from "node:events";
import { get } from "node:http";
import { expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { follow } from "../api.ts";
import { type Edge, asCodeOf, startEdge, workflow } from "./edge.ts";

const listen = (edge: Edge): Promise<string> => edge.app.listen({ port: 0, host: "127.0.0.1" });
const emit = (edge: Edge, value: unknown, type = "t") =>
  edge.append({ source: "/api", type, tags: ["a"], value, timestamp: new Date().toISOString() });

type Message = { readonly id: string; readonly event: { readonly value: unknown } };

const streamPath = "/api/v1/events/stream";

function connect(url: string, query = "", options: ClientOptions = {}, path = streamPath) {
  const socket = new WebSocket(url.replace("http", "ws") + path + query, options);
  const messages: Message[] = [];
  socket.on("message", (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  const closed = once(socket, "close").then(([code, reason]) => `${code} ${String(reason)}`);
  const refused = once(socket, "unexpected-response").then(([, answer]) => {
    const { statusCode } = answer as { statusCode: number };
    socket.on("error", () => {});
    socket.terminate();
    return statusCode;
  });
  for (const promise of [closed, refused]) promise.catch(() => {});
  return { socket, messages, closed, refused };
}

test("gives the same events as server-sent events do, of the past and live, and ends with until", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  for (const value of [1, 2, 3]) await emit(edge, value);
  await emit(edge, "other", "other");
  await emit(edge, "x".repeat(100));
  await emit(edge, "y".repeat(70_000));
  const { messages, closed } = connect(url, "?since=1h&type=t&until=now");
  expect(await closed).toBe("1000 over");
  await using sse = await follow(url, "?since=1h&type=t");
  await sse.count(5);
  expect(messages.map(({ event }) => event)).toEqual(sse.seen);
  expect(messages.map(({ id }) => id)).toEqual(sse.ids);

  const resumed = connect(url, "?type=t&last_event_id=2");
  await expect.poll(() => resumed.messages.length).toBe(3);
  await emit(edge, "live");
  await expect.poll(() => resumed.messages.at(-1)?.event.value).toBe("live");
  resumed.socket.close();
  await resumed.closed;
});

test("is refused to other sites, to code of workflows and where there is no stream, as over HTTP", async () => {
  await using edge = await startEdge(workflow({ name: "hello", schedule: "manual" }));
  const url = await listen(edge);
  expect(await connect(url, "", { origin: "http://evil.example" }).refused).toBe(403);
  expect(await connect(url, "", { headers: { host: "rebound.example" } }).refused).toBe(403);
  expect(await connect(url, "", { headers: asCodeOf("hello") }).refused).toBe(400);
  expect(await connect(url, "?since=nonsense").refused).toBe(404);
  expect(await connect(url, "", {}, "/api/v1/nowhere").refused).toBe(404);
  const own = connect(url, "", { origin: url });
  await once(own.socket, "open");
  own.socket.close();
  await own.closed;
});

test("another upgrade than to WebSocket is answered as if there was none, and a broken handshake is refused", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const answered = async (path: string, headers: Record<string, string>) => {
    const [answer] = await once(get(`${url}/api/v1${path}`, { headers, agent: false }), "response");
    answer.destroy();
    return (answer as { statusCode: number }).statusCode;
  };
  expect(await answered("/events", { Connection: "Upgrade", Upgrade: "h2c" })).toBe(200);
  expect(await answered("/events", { Connection: "Upgrade", Upgrade: "websocket" })).toBe(200);
  expect(await answered("/events/stream", { Connection: "Upgrade", Upgrade: "websocket" })).toBe(400);
});

test("a message ends the connection, and the controller's end does", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const talking = connect(url);
  await once(talking.socket, "open");
  talking.socket.send("hello");
  expect(await talking.closed).toBe("1003 this stream takes no messages");
  const shouting = connect(url);
  await once(shouting.socket, "open");
  shouting.socket.send("x".repeat(10_000));
  expect(await shouting.closed).toMatch(/^1009/);
  const last = connect(url);
  await once(last.socket, "open");
  await edge.app.close();
  expect(await last.closed).toBe("1001 the controller is stopping");
});

test("a reader that reads nothing is cut off with a code and a reason", async () => {
  await using edge = await startEdge();
  const url = await listen(edge);
  const { socket, closed, messages } = connect(url);
  await once(socket, "open");
  socket.pause();
  await using quick = await follow(url);
  const large = "x".repeat(60_000);
  for (let sent = 0; sent < 300; sent += 1) await emit(edge, large);
  await quick.count(300);
  socket.resume();
  expect(await closed).toBe("1008 cut off: more than 1048576 bytes were left unread");
  expect(messages.length).toBeLessThan(300);
});
