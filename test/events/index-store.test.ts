// The index's file by itself: events by id and by emitter, runs and slots, and what it forgets.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type IndexStore, openIndexStore } from "../../controller/events/index-store.ts";
import { PageTooLarge } from "../../controller/events/page.ts";
import type { Event } from "../../model/event.ts";
import type { SlotReport } from "../../model/slot.ts";
import { anEvent, at, report, runEvent } from "../runs/reports.ts";
import { mountSmallDisk } from "../small-disk.ts";

let dir: string;
let store: IndexStore;
let seq = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-store-"));
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
const reopen = () => {
  store.close();
  store = openIndexStore(join(dir, "index.sqlite"), "s");
};
const allRuns = { workflow: null, state: null, since: null, page: 1, perPage: 100 } as const;

test("a disk that is full is told as such, and takes the same batch when it has room", () => {
  using disk = mountSmallDisk(16_777_216);
  const onDisk = openIndexStore(join(disk.folder, "index.sqlite"), "s");
  const batch = Array.from({ length: 100 }, (_, n) => ({
    seq: n + 1,
    event: anEvent(`e${n}`, { value: "x".repeat(10_000) }),
  }));
  disk.fill(65_536);
  expect(() => onDisk.add(batch, 100)).toThrow("database or disk is full");
  disk.empty();
  onDisk.add(batch, 100);
  expect(onDisk.event("e99")?.id).toBe("e99");
  expect(onDisk.events).toBe(100);
  onDisk.close();
});

describe("events", () => {
  test("are found by their id, of two with one id the first, before and after the file is opened again", () => {
    add(anEvent("a", { value: 1 }), anEvent("b"), anEvent("a", { value: 2 }));
    for (let n = 0; n < 2; n += 1) {
      expect(store.event("a")?.value).toBe(1);
      expect(store.event("c")).toBeNull();
      expect(store.knownEvents(["b", "c", "a"])).toEqual(["b", "a"]);
      reopen();
    }
  });

  test("are found in the same order before their terms are merged, in the midst of it and afterwards", () => {
    for (let batch = 0; batch < 120; batch += 1) {
      const first = 1 + batch * 200;
      const events = Array.from({ length: 200 }, (_, place) => ({
        seq: first + place,
        event: anEvent(`m${first + place}`, { tags: ["all", `tenth-${place % 10}`] }),
      }));
      store.add(events, first + 199);
    }
    const query = { filter: { tags: ["all", "tenth-3"] }, time: {}, beyond: null, offset: 0, limit: 1_000 } as const;
    const found = (): unknown => store.eventPage({ ...query, order: "newest", count: "exact" });
    const before = found();
    let steps = 0;
    for (; !store.tidy(); steps += 1) expect(found()).toEqual(before);
    expect(steps).toBeGreaterThan(0);
    expect(found()).toEqual(before);
    expect(store.tidy()).toBe(true);
  });

  test("are found by their id among more than wait in memory", () => {
    for (let batch = 0; batch < 25; batch += 1) {
      add(...Array.from({ length: 1_000 }, (_, n) => anEvent(`e${batch}-${n}`, { value: batch })));
    }
    expect(["e0-0", "e12-500", "e24-999"].map((id) => store.event(id)?.value)).toEqual([0, 12, 24]);
    reopen();
    expect(["e0-0", "e12-500", "e24-999"].map((id) => store.event(id)?.value)).toEqual([0, 12, 24]);
    expect(store.knownEvents(["e19-999", "e20-0", "e25-0"])).toEqual(["e19-999", "e20-0"]);
  });

  test("are found by the run that emitted them, without those about the run", () => {
    const { id } = report("started", 1);
    const source = "/workflows/hello";
    add(
      anEvent("a", { source, run: id }),
      runEvent(report("started", 1)),
      anEvent("b", { source, run: id }),
      anEvent("c"),
    );
    expect(store.emittedBy(id, 10).map((event) => event.id)).toEqual(["a", "b"]);
    expect(store.emittedBy(id, 1).map((event) => event.id)).toEqual(["a"]);
  });
});

describe("runs", () => {
  test("are what their events say in whatever order and batches these come", () => {
    const said = [report("completed", 1), report("queued", 0), report("started", 1)];
    add(...said.map((one) => runEvent(one)));
    const together = store.run(said[0]?.id ?? "");
    const other = openIndexStore(join(dir, "other.sqlite"), "s");
    for (const [n, one] of said.entries()) other.add([{ seq: n + 1, event: runEvent(one) }], n + 1);
    expect(other.run(together?.id ?? "")).toEqual(together);
    expect(together).toMatchObject({ state: "completed", attempt: 1 });
    other.close();
  });

  test("are listed newest first, by workflow, state and time; a dead letter also by how its last attempt ended", () => {
    const last = { kind: "timed-out", afterMs: 5 } as const;
    const dead = report("dead", 1, {
      cause: "e3",
      queuedAt: at(3),
      outcome: { kind: "dead", reason: "no more", last },
    });
    add(
      runEvent(report("completed", 1, { cause: "e1", queuedAt: at(1) })),
      runEvent(report("queued", 0, { cause: "e2", queuedAt: at(2) }), "/controller"),
      runEvent(dead),
      runEvent(report("completed", 1, { cause: "e4", queuedAt: at(4), workflow: "other" })),
    );
    const causes = (over: object) => store.runs({ ...allRuns, ...over }).runs.map((run) => run.cause);
    expect(causes({})).toEqual(["e4", "e3", "e2", "e1"]);
    expect(causes({ workflow: "hello" })).toEqual(["e3", "e2", "e1"]);
    expect(causes({ state: "completed" })).toEqual(["e4", "e1"]);
    expect(causes({ state: "timed-out" })).toEqual(["e3"]);
    expect(causes({ state: "dead", workflow: "hello" })).toEqual(["e3"]);
    expect(causes({ since: at(3) })).toEqual(["e4", "e3"]);
    expect(store.runs({ ...allRuns, page: 2, perPage: 3 })).toMatchObject({ total: 4, runs: [{ cause: "e1" }] });
    expect(store.causedBy("e4", 10)).toMatchObject([{ workflow: "other" }]);
    expect(store.runsById([dead.id, "nobody", dead.id])).toMatchObject([{ id: dead.id }]);
  });

  test("have their result when it is asked for alone, and in a list only when it is small", () => {
    const done = (cause: string, result: unknown) =>
      runEvent(report("completed", 1, { cause, outcome: { kind: "completed", exitCode: 0, result } }));
    const large = "x".repeat(200_000);
    add(done("small", { n: 1 }), done("large", large));
    const listed = new Map(store.runs(allRuns).runs.map((run) => [run.cause, run]));
    expect(listed.get("small")?.outcome).toEqual({ kind: "completed", exitCode: 0, result: { n: 1 } });
    expect(listed.get("large")?.outcome).toEqual({ kind: "completed", exitCode: 0 });
    const { id } = report("completed", 1, { cause: "large" });
    expect(store.run(id)?.outcome).toEqual({ kind: "completed", exitCode: 0, result: large });
    add(runEvent(report("started", 1, { cause: "large" })));
    expect(store.run(id)?.outcome).toMatchObject({ result: large });
  });

  test("are forgotten when they are over and the stream has let go of their last event; one that waits is not", () => {
    add(
      runEvent(report("queued", 0, { cause: "waits" }), "/controller"),
      runEvent(report("completed", 1, { cause: "over" })),
      anEvent("later"),
      runEvent(report("completed", 1, { cause: "over, later" })),
    );
    store.forgetBelow(4);
    expect(new Set(store.runs(allRuns).runs.map((run) => run.cause))).toEqual(new Set(["over, later", "waits"]));
    expect(store.event("later")).toBeNull();
  });

  test("of another workflow cannot be overwritten by one that uses a daemon's id", () => {
    const daemon = report("started", 1, { id: "r-daemon", trigger: "daemon", cause: null });
    add(runEvent(daemon), runEvent({ ...daemon, workflow: "mallory", attempt: 9 }));
    expect(store.run("r-daemon")).toMatchObject({ workflow: "hello", attempt: 1 });
  });

  test("that would fill more than a page may are refused", () => {
    const reason = "x".repeat(2_000);
    const events = Array.from({ length: 6_000 }, (_, n) =>
      runEvent(report("stopped", 1, { cause: `e${n}`, outcome: { kind: "stopped", reason } })),
    );
    add(...events);
    expect(() => store.runs({ ...allRuns, perPage: 6_000 })).toThrow(PageTooLarge);
  });
});

test("slots are listed newest first, by outcome, with the event that told of them, and the first telling stands", () => {
  const slot = (second: number, outcome: SlotReport["outcome"]): Event => {
    const value = {
      workflow: "hello",
      due: at(second),
      outcome,
      reason: null,
      run: null,
      revision: 1,
      count: 1,
      from: null,
    };
    return { id: `s${second}`, source: "/controller", type: "slot", tags: ["slots"], value, timestamp: at(second) };
  };
  add(slot(1, "ran"), slot(3, "missed"), slot(2, "ran"), { ...slot(2, "missed"), id: "again" });
  const query = { workflow: "hello", outcome: null, page: 1, perPage: 10 };
  expect(store.slots(query).slots.map(({ event, outcome }) => [event, outcome])).toEqual([
    ["s3", "missed"],
    ["s2", "ran"],
    ["s1", "ran"],
  ]);
  expect(store.slots({ ...query, outcome: "ran", perPage: 1 })).toMatchObject({ total: 2, slots: [{ event: "s2" }] });
  expect(store.slots({ ...query, workflow: "other" })).toEqual({ slots: [], total: 0 });
  store.forgetBelow(3);
  expect(store.slots(query).slots.map(({ event }) => event)).toEqual(["s2"]);
});
