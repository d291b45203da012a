// Two controllers on one NATS: one leads, and every slot and every event still sets off exactly one run.
import Docker from "dockerode";
import { expect, test } from "vitest";
import type { RunRecord, SlotRecord } from "../../controller/runs/history.ts";
import { call, eventually } from "../api.ts";
import { startDrover } from "../drover.ts";
import { startNats } from "../nats.ts";

const handler = {
  deployable: { type: "application/javascript", definition: "module.exports = (event) => event.value" },
};
const scale = { cpu: 0.5, memory: "192MB" };

async function list<T>(url: string, path: string): Promise<T[]> {
  return (await call<T[]>(url, "GET", `${path}${path.includes("?") ? "&" : "?"}per_page=1000`)).body;
}

test(
  "one run per slot and event, also when the leader is killed and the other takes over",
  { timeout: 120_000 },
  async () => {
    await using nats = await startNats(await bridgeAddress());
    const environment = { NATS_URL: nats.url };
    await using first = await startDrover(environment);
    await using second = await startDrover(environment);
    const workflow = { breed: handler, scale, keep_warm: "always" };
    const time = { period: "PT1S", overlap: "allow", missed: "all" };
    await call(first.url, "PUT", "/workflows/ticks", { ...workflow, schedule: { time } });
    await call(second.url, "PUT", "/workflows/listens", { ...workflow, schedule: { event: "both" } });

    const sent = new Set<string>();
    const send = async (url: string): Promise<void> => {
      const { body } = await call<{ id: string }>(url, "POST", "/events", { tags: ["both"] });
      sent.add(body.id);
    };
    for (let n = 0; n < 20; n += 1) await Promise.all([send(first.url), send(second.url)]);
    await eventually(
      () => list<SlotRecord>(first.url, "/workflows/ticks/slots"),
      (slots) => slots.length >= 3,
    );
    await first.end("SIGKILL");
    for (let n = 0; n < 20; n += 1) await send(second.url);
    const slots = await eventually(
      () => list<SlotRecord>(second.url, "/workflows/ticks/slots"),
      (all) => all.length >= 12,
    );
    const dues = slots.map(({ due }) => Date.parse(due)).toSorted((a, b) => a - b);
    expect(dues.slice(1).map((due, index) => due - (dues[index] ?? 0))).toEqual(dues.slice(1).map(() => 1_000));
    const runs = await eventually(
      () => list<RunRecord>(second.url, "/runs?workflow=listens"),
      (all) => all.filter(({ state }) => state === "completed").length >= sent.size,
    );
    expect(runs.map(({ cause }) => cause).toSorted(byText)).toEqual([...sent].toSorted(byText));
    const ticks = await eventually(
      () => list<RunRecord>(second.url, "/runs?workflow=ticks"),
      (all) => slots.every((slot) => all.some((run) => run.id === slot.run && run.state === "completed")),
    );
    expect(new Set(ticks.map(({ slot }) => slot)).size).toBe(ticks.length);
    await call(second.url, "DELETE", "/workflows/ticks");
    await call(second.url, "DELETE", "/workflows/listens");
  },
);

/** Where this host is reached from containers. */
async function bridgeAddress(): Promise<string> {
  const bridge = (await new Docker().getNetwork("bridge").inspect()) as { IPAM: { Config: { Gateway: string }[] } };
  return bridge.IPAM.Config[0]?.Gateway ?? "172.17.0.1";
}

const byText = (a: string | null, b: string | null): number => (String(a) < String(b) ? -1 : 1);
