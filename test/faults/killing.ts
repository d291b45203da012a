// SIGKILL, of one part and of two at once; and the end of the nats-server as an administrator ends it.
import { serverRecord } from "../controller-nats.ts";
import type { Fault, World } from "./fault.ts";
import { kill, killables } from "./kills.ts";

const one: readonly Fault[] = killables.map((part) => ({
  name: `kill-${part}`,
  holdSecondsMax: 0,
  async inject({ drover, random }: World) {
    const what = await kill(part, drover, random);
    return what === null ? null : { what: `killed ${what}` };
  },
}));

const two: Fault = {
  name: "kill-two",
  holdSecondsMax: 0,
  async inject({ drover, random }) {
    const partner = (["controller", "agent", "runner"] as const)[Math.floor(random() * 3)] ?? "controller";
    const killed = await Promise.all([kill("nats-server", drover, random), kill(partner, drover, random)]);
    return { what: `killed at once ${killed.filter((what) => what !== null).join(" and ")}` };
  },
};

const restart: Fault = {
  name: "restart-nats",
  holdSecondsMax: 0,
  async inject({ drover }) {
    process.kill(serverRecord(drover.home).process.pid, "SIGTERM");
    return { what: "restarted nats-server" };
  },
};

export const killings: readonly Fault[] = [...one, two, restart];
