// Every address of this host but loopback and link-local ones. Node's list of interfaces leaves out a bridge that no container uses
// yet, and the host answers on its address all the same; so on Linux the kernel's own tables are asked.
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";

const loopback = /^(?:127\.|::1$)/;
const linkLocal = /^(?:169\.254\.|fe[89ab])/i;

export async function ownAddresses(): Promise<readonly string[]> {
  const [version4, version6] = await Promise.all(["/proc/net/fib_trie", "/proc/net/if_inet6"].map(textOf));
  const listed = Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address));
  const all = new Set([...listed, ...localIn(version4 ?? ""), ...assignedIn(version6 ?? "")]);
  return [...all].filter((address) => !loopback.test(address) && !linkLocal.test(address)).toSorted();
}

/** In the trie of IPv4 routes a leaf `|-- 172.17.0.1` is followed by what it is for: `/32 host LOCAL`. */
function localIn(trie: string): readonly string[] {
  return [...trie.matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(([, address]) => address ?? "");
}

/** `fd000000000000000000000000000001 02 40 00 80 eth0`. */
function assignedIn(addresses: string): readonly string[] {
  return [...addresses.matchAll(/^([0-9a-f]{32}) /gm)].map(([, digits]) => shortened(digits ?? ""));
}

/** As Node writes addresses, so that each is there once. */
function shortened(digits: string): string {
  const written = (digits.match(/.{4}/g) ?? []).join(":");
  return new URL(`http://[${written}]`).hostname.slice(1, -1);
}

function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
