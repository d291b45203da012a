// What user code really did, kept outside of Drover: code in a container posts one line per effect, and the answer means that it
// is kept. The container reaches it by the address of the test's own network.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Effect = {
  readonly run: string;
  readonly attempt: number;
  readonly workflow: string;
  /** The event that set the run off. */
  readonly event: string;
};

export type Effects = AsyncDisposable & {
  /** As code in a container reaches it. */
  readonly url: string;
  readonly all: readonly Effect[];
};

export async function startEffects(host: string): Promise<Effects> {
  const all: Effect[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      all.push(JSON.parse(body) as Effect);
      response.end("kept");
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}/`,
    all,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
