// Agents cannot reach NATS: packets between the bridge of this installation and its nats-server are dropped, both ways. The only rules
// that are touched are these, on an interface that is the test's own.
import { execFileSync } from "node:child_process";
import { serverRecord } from "../controller-nats.ts";
import type { Drover } from "../drover.ts";
import type { Fault } from "./fault.ts";

export const partition: Fault = {
  name: "partition",
  holdSecondsMax: 30,
  async inject({ drover }) {
    const bridge = await bridgeOf(drover);
    if (bridge === null || process.getuid?.() !== 0) return null;
    const port = String(serverRecord(drover.home).port);
    const rules = [
      ["INPUT", "-i", bridge, "-p", "tcp", "--dport", port, "-j", "DROP"],
      ["OUTPUT", "-o", bridge, "-p", "tcp", "--sport", port, "-j", "DROP"],
    ];
    const change = (how: "-I" | "-D"): void => {
      for (const rule of rules) execFileSync("iptables", ["-w", how, ...rule], { stdio: "pipe" });
    };
    change("-I");
    return { what: "cut agents off from NATS", undo: () => change("-D") };
  },
};

async function bridgeOf({ docker, installation }: Drover): Promise<string | null> {
  const [network] = await docker.listNetworks({ filters: { label: [`drover.installation=${installation}`] } });
  return network?.Options?.["com.docker.network.bridge.name"] ?? null;
}
