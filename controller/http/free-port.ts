// Whether the API can listen where it is told to. It is asked before anything is opened: a controller that cannot answer should
// neither start a NATS server nor take the lead first.
import { once } from "node:events";
import { createServer } from "node:net";
import type { ControllerOptions } from "../options.ts";

type Place = Pick<ControllerOptions, "host" | "port">;

/** Rejects with an Error that says what to do. Somebody may still take the port afterwards. */
export async function checkPort(place: Place): Promise<void> {
  if (place.port === 0) return;
  const server = createServer();
  try {
    await once(server.listen(place), "listening");
  } catch (error) {
    throw listenProblem(error, place);
  }
  await new Promise((closed) => server.close(closed));
}

/** What is known of why listening failed, in one sentence. */
export function listenProblem(error: unknown, { host, port }: Place): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  switch (error.code) {
    case "EADDRINUSE":
      return new Error(`port ${port} of ${host} is in use: end what listens there, or set DROVER_PORT to another one`);
    case "EACCES":
      return new Error(`port ${port} of ${host} is not for this user: set DROVER_PORT to one from 1024 on`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new Error(`this machine has no address ${host}: set DROVER_HOST to one that it has`);
    default:
      return error;
  }
}
