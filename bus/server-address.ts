// The address of a nats-server: a port that is free, and whether something listens there already.
import { connect, createServer } from "node:net";

const startTimeoutMs = 15_000;
const pollMs = 20;

/** Resolves when something accepts connections on the address, or when the signal fires. */
export async function accepting(host: string, port: number, signal?: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + startTimeoutMs;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open || signal?.aborted) return;
    if (Date.now() > deadlineMs) throw new Error(`nats-server does not accept connections on ${host}:${port}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** The wanted port when it is free on that address, else any free one. */
export async function usablePort(host: string, wanted: number): Promise<number> {
  const listenOn = (port: number) =>
    new Promise<number | null>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(null));
      probe.listen({ host, port }, () => {
        const address = probe.address();
        probe.close(() => resolve(address && typeof address === "object" ? address.port : null));
      });
    });
  const port = (await listenOn(wanted)) ?? (await listenOn(0));
  if (port === null)
    throw new Error(`no port of ${host} can be opened for nats-server: is it an address of this host?`);
  return port;
}
