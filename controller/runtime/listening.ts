// Whether anybody on this host listens on one of some addresses: on Linux the kernel's table of sockets says so.
import { readFile } from "node:fs/promises";

/** `st` of a socket that listens. */
const listenState = "0A";

export async function listensOn(addresses: readonly string[]): Promise<boolean> {
  const table = await readFile("/proc/net/tcp", "utf8").catch(() => "");
  const wanted = new Set(addresses.map(asInTable));
  return table.split("\n").some((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return state === listenState && wanted.has(local.split(":")[0] ?? "");
  });
}

/** `172.17.0.1` → `010011AC`: four bytes, the last one first. */
function asInTable(address: string): string {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return bytes.toReversed().join("").toUpperCase();
}
