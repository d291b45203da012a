// A real HTTP server that speaks the controller's answers, as far as a test scripts them.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

type Asked = { request: string; body: string; headers: IncomingMessage["headers"] };

/** An answer, or a function that takes the response over (a stream of events). */
type Route = { status?: number; body: unknown } | ((response: ServerResponse, asked: Asked) => void);

/** By `METHOD /path below /api/v1`, without the query. */
export type Routes = Readonly<Record<string, Route>>;

export type ControllerStub = {
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  [Symbol.asyncDispose](): Promise<void>;
};

export async function startController(routes: Routes, { port = 0 } = {}): Promise<ControllerStub> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const entry = {
        request: `${request.method} ${request.url}`,
        body: await text(request),
        headers: request.headers,
      };
      asked.push(entry);
      const { pathname } = new URL(request.url ?? "", "http://stub");
      const route = routes[`${request.method} ${pathname.replace("/api/v1", "")}`];
      if (typeof route === "function") route(response, entry);
      else answer(response, route ?? { status: 404, body: { title: "Not Found", detail: `there is no ${pathname}` } });
    })();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stub listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export function sse(
  response: ServerResponse,
  messages: readonly { id?: string; event: string; data: unknown }[],
): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(": connected\n\n");
  for (const { id, event, data } of messages) {
    response.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}

function answer(response: ServerResponse, { status = 200, body }: { status?: number; body: unknown }): void {
  response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(status === 204 ? "" : JSON.stringify(body));
}
