// The tree of causes, from whatever id in it one asks.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type IndexStore, openIndexStore } from "../../controller/events/index-store.ts";
import { eventsOf } from "../../controller/events/questions.ts";
import { type TraceNode, createTrace } from "../../controller/runs/trace.ts";
import type { Event } from "../../model/event.ts";
import { anEvent, report, runEvent } from "./reports.ts";

let dir: string;
let store: IndexStore;
let seq = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-trace-"));
  store = openIndexStore(join(dir, "index.sqlite"), "s");
  seq = 0;
});
afterEach(async () => {
  store.close();
  await rm(dir, { recursive: true, force: true });
});

const add = (...events: Event[]) =>
  store.add(
    events.map((event) => ({ seq: (seq += 1), event })),
    seq,
  );
const trace = createTrace({
  run: async (id) => store.run(id),
  event: async (id) => store.event(id),
  causedBy: async (event, countMax) => store.causedBy(event, countMax),
  emittedBy: async (run, countMax) => store.emittedBy(run, countMax),
  replaysOf: async (event) =>
    eventsOf(
      store.eventPage({
        filter: { tags: [`events:${event}`] },
        time: {},
        order: "oldest",
        beyond: null,
        offset: 0,
        limit: 10,
        count: "none",
      }),
    ),
});
const ran = (workflow: string, cause: string) => report("completed", 1, { workflow, cause });
const emitted = (id: string, by: ReturnType<typeof ran>) =>
  anEvent(id, { source: `/workflows/${by.workflow}`, run: by.id, hops: by.hops });

/** `order(ship(sent()),bill())`: an event by its id, a run by its workflow. */
function sketch(node: TraceNode): string {
  const children = node.kind === "event" ? [...node.runs, ...node.replays] : node.events;
  return `${node.kind === "event" ? node.id : node.workflow}(${children.map(sketch).join(",")})`;
}

test("an event, the runs it set off and what they emitted are one tree, from every id in it", async () => {
  const ship = ran("ship", "order");
  const bill = ran("bill", "order");
  const mail = ran("mail", "sent");
  add(anEvent("order"), runEvent(ship), runEvent(bill), emitted("sent", ship), runEvent(mail), anEvent("alone"));
  for (const id of ["order", ship.id, bill.id, "sent", mail.id]) {
    const tree = await trace(id, 0);
    expect(tree?.asked).toBe(id);
    expect(tree?.cut).toBe(false);
    expect(
      tree &&
        sketch(tree.root)
          .split(/[(),]+/)
          .toSorted()
          .join(" ")
          .trim(),
    ).toBe("bill mail order sent ship");
    expect(tree && sketch(tree.root)).toContain("ship(sent(mail()))");
  }
  expect(sketch((await trace("alone", 0))?.root as TraceNode)).toBe("alone()");
  expect(await trace("nobody", 0)).toBeNull();
});

test("a run whose cause is forgotten is the root", async () => {
  const orphan = ran("ship", "long ago");
  add(runEvent(orphan), emitted("sent", orphan));
  expect(sketch((await trace("sent", 0))?.root as TraceNode)).toBe("ship(sent())");
});

test("a run that an event about another run set off hangs under that run", async () => {
  const ship = ran("ship", "order");
  const ended = runEvent(ship);
  const watch = ran("watch", ended.id);
  add(anEvent("order"), ended, runEvent(watch));
  expect(sketch((await trace(watch.id, 0))?.root as TraceNode)).toBe(`order(ship(${ended.id}(watch())))`);
});

test("a replay stands below the event that it replays, with its run, from every id in it", async () => {
  const ship = ran("ship", "order");
  const again = ran("ship", "again");
  const tags = ["replay", "events:order"];
  const value = { replay: "p-1", by: "local", event: anEvent("order"), sequence: 1, query: {} };
  const replay = anEvent("again", { type: "replay", source: "/replay/ship", tags, cause: "order", value });
  add(anEvent("order"), runEvent(ship), replay, runEvent(again), emitted("sent", again));
  for (const id of ["order", "again", again.id, "sent"])
    expect(sketch((await trace(id, 0))?.root as TraceNode)).toBe("order(ship(),again(ship(sent())))");
});

test("an event that names another workflow's run is not shown as that run's", async () => {
  const ship = ran("ship", "order");
  add(anEvent("order"), runEvent(ship), anEvent("forged", { source: "/workflows/mallory", run: ship.id }));
  expect(sketch((await trace("order", 0))?.root as TraceNode)).toBe("order(ship())");
  expect(sketch((await trace("forged", 0))?.root as TraceNode)).toBe("forged()");
});

test("a large tree is cut, says so, and keeps what lies near the root", async () => {
  const busy = ran("busy", "order");
  add(anEvent("order"), runEvent(busy), ...Array.from({ length: 1_500 }, (_, n) => emitted(`e${n}`, busy)));
  const tree = await trace("order", 0);
  const [run] = tree?.root.kind === "event" ? tree.root.runs : [];
  expect(tree?.cut).toBe(true);
  expect(run?.cut).toBe(true);
  expect(run?.events).toHaveLength(998);
});

test("a chain of 200 events is cut where it is too deep", async () => {
  const events: Event[] = [anEvent("e0")];
  for (let n = 0; n < 100; n += 1) {
    const run = ran("loop", `e${n}`);
    events.push(runEvent(run), emitted(`e${n + 1}`, run));
  }
  add(...events);
  const tree = await trace("e0", 0);
  expect(tree?.cut).toBe(true);
  expect(sketch(tree?.root as TraceNode).split("(").length - 1).toBe(80);
});
