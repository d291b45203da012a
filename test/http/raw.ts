// Requests as bytes on a socket, for what no client would send.
import { once } from "node:events";
import { type Socket, connect } from "node:net";

export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  return socket;
}

/** Everything that comes back until the other side closes. */
export async function exchangeRaw(url: string, bytes: string): Promise<string> {
  const socket = await openSocket(url);
  // What is closed while bytes are under way may be reset; what came before counts.
  socket.on("error", () => {});
  socket.write(bytes, "latin1");
  let answer = "";
  try {
    for await (const chunk of socket.setEncoding("latin1")) answer += chunk;
  } catch {
    // Reset.
  }
  return answer;
}

export const statusesIn = (answer: string): number[] =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

export const lines = (...all: string[]): string => all.join("\r\n");
