// What a fence lets through, as a text for `nft`: a pure function of how far the workflow may reach and of where things are.
//
// The agent is root in its namespace, user code is not, and the kernel knows whose a socket is. So one set of rules for the whole
// namespace tells the two apart, and nothing of it can be undone from inside: neither has NET_ADMIN.
//
//   F1. `internal` and `none`: root reaches NATS, everybody reaches loopback, and nothing else goes out or comes in. The engine's
//       name server is closed too, because it asks the world on behalf of whoever asks it.
//   F2. `bridge`: everything but this host (root still reaches NATS there, and everybody the ports that the installation names), NATS
//       wherever it is, and addresses that hold on one link only, such as the one where clouds tell a machine its credentials.
//   F3. The text replaces whatever rules were there before, all at once.
import { isIP, isIPv4 } from "node:net";
import type { Reach } from "./runtime.ts";

const natsPort = 4_222;
/** The engine's name server answers here, in every namespace; its own questions to the world are root's, on this port. */
const engineNameServer = "127.0.0.11";
const namePort = 53;

export type Endpoint = { readonly address: string; readonly port: number };

/** Where the servers are; null when one is known by a name only, which no rule can hold to. */
export function endpointsOf(servers: readonly string[]): readonly Endpoint[] | null {
  const endpoints = servers.map((server) => {
    const { hostname, port } = new URL(server.includes("://") ? server : `nats://${server}`);
    return { address: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) || natsPort };
  });
  return endpoints.every(({ address }) => isIP(address) !== 0) ? endpoints : null;
}

/** `hostPorts`: those of the host that may be reached all the same. */
export type Surroundings = {
  readonly nats: readonly Endpoint[];
  readonly hostAddresses: readonly string[];
  readonly hostPorts: readonly number[];
};

/** Without endpoints NATS is nowhere that a rule could name: then nothing can be `internal` or `none`. */
export function fenceRules(network: Reach["network"], { nats, hostAddresses, hostPorts }: Surroundings): string {
  const agent = nats.map((server) => `meta skuid 0 ${to(server.address)} tcp dport ${server.port} accept`);
  switch (network) {
    case "bridge":
      return table([
        chain("reach", "output", "accept", [
          `oif lo accept`,
          ...agent,
          `meta skuid 0 meta l4proto { tcp, udp } th dport ${namePort} accept`,
          ...nats.map((server) => `${to(server.address)} tcp dport ${server.port} ${refusal}`),
          ...hostAddresses.flatMap((address) => [
            ...hostPorts.map((port) => `${to(address)} tcp dport ${port} accept`),
            `${to(address)} ${refusal}`,
          ]),
          `ip daddr { 169.254.0.0/16, 224.0.0.0/4, 255.255.255.255 } ${refusal}`,
          `icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept`,
          `ip6 daddr { fe80::/10, fd00:ec2::254, ff00::/8 } ${refusal}`,
        ]),
      ]);
    case "internal":
    case "none":
      return table([
        chain("reach", "output", "drop", [
          `ip daddr ${engineNameServer} ${refusal}`,
          `oif lo accept`,
          ...agent,
          refusal,
        ]),
        chain("entry", "input", "drop", [`iif lo accept`, `ct state established accept`]),
      ]);
  }
}

/** Asks for what only this kind of fence has; fails where it is not there. */
export function showing(network: Reach["network"]): string {
  return `list chain inet drover ${network === "bridge" ? "reach" : "entry"}`;
}

/** Refused at once, not left to run into a timeout. */
const refusal = "reject with icmpx admin-prohibited";

function to(address: string): string {
  return `${isIPv4(address) ? "ip" : "ip6"} daddr ${address}`;
}

function chain(name: string, hook: "output" | "input", policy: "accept" | "drop", rules: readonly string[]): string {
  return `chain ${name} { type filter hook ${hook} priority filter; policy ${policy}; ${rules.join("; ")}; };`;
}

function table(chains: readonly string[]): string {
  return `add table inet drover; delete table inet drover; table inet drover { ${chains.join(" ")} };`;
}
