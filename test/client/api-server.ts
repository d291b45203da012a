// A real HTTP server that answers as a test scripts it, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";

export type Asked = { method: string; url: string; headers: IncomingMessage["headers"]; body: string };
export type Scripted = { status?: number; headers?: Record<string, string>; body: unknown } | "cut" | "never";

export type ApiServer = {
  readonly url: string;
  readonly asked: Asked[];
  /** Resolves when that many requests have come. */
  came(count: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** `answer` gets the request and how many came before it. `port` 0 is any free one. */
export async function startApiServer(
  answer: (asked: Asked, before: number) => Scripted,
  { port = 0 }: { port?: number } = {},
): Promise<ApiServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const entry = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      const before = asked.push(entry) - 1;
      respond(response, answer(entry, before));
      server.emit("asked");
    })();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    async came(count) {
      while (asked.length < count) await once(server, "asked");
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Lists of a map by path, in pages of two; a path that is no list is one value. */
export function paged(resources: Record<string, unknown>): (asked: Asked) => Scripted {
  return ({ url }) => {
    const { pathname, searchParams } = new URL(url, "http://server");
    const resource = resources[pathname];
    if (resource === undefined) return { status: 404, body: { title: "not found" } };
    const page = Number(searchParams.get("page"));
    return { body: Array.isArray(resource) ? resource.slice((page - 1) * 2, page * 2) : resource };
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  request.setEncoding("utf8");
  for await (const chunk of request) chunks.push(String(chunk));
  return chunks.join("");
}

function respond(response: ServerResponse, scripted: Scripted): void {
  if (scripted === "never") return;
  if (scripted === "cut") {
    response.destroy();
    return;
  }
  response.writeHead(scripted.status ?? 200, { "Content-Type": "application/json", ...scripted.headers });
  response.end(typeof scripted.body === "string" ? scripted.body : JSON.stringify(scripted.body));
}
