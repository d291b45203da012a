// What user code really did, kept outside of Drover: code in a container posts one line per effect, and the answer means that it
// is kept. The container reaches it by the address of the test's own network, on a port that the installation lets through.
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
  /** Known before the network is there. */
  readonly port: number;
  readonly all: readonly Effect[];
};

export async function startEffects(): Promise<Effects> {
  const all: Effect[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      all.push(JSON.parse(body) as Effect);
      response.end("kept");
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    all,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
