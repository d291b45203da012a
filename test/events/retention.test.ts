// What the stream lets go, by age or size, is in no answer any more, whether the index lived through it or was built afterwards.
import { jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { eventsStream } from "../../bus/subjects.ts";
import type { EventIndex } from "../../controller/events/index.ts";
import { eventually } from "../api.ts";
import { report, runEvent } from "../runs/reports.ts";
import { type IndexBus, everything, startIndexBus } from "./index-bus.ts";

const done = report("completed", 1);
const count = { type: "count", field: null, range: null, percents: [] } as const;

/** Everything that is told of `reading`s and of one run. */
async function told(index: EventIndex): Promise<object> {
  const filter = { type: "reading" };
  const now = "2026-01-02T00:00:00.000Z";
  const oldest = await index.query({ ...everything, filter, order: "oldest" }, 0);
  return {
    status: await index.status(),
    total: oldest.total,
    oldest: oldest.sequences[0] ?? null,
    counted: await index.ask("aggregate", [{ filter, time: {}, aggregator: count, intervalMs: null, now }], 0),
    first: await index.ask("event", ["e-0"], 0),
    known: await index.ask("knownEvents", [["e-0", "e-11999"]], 0),
    run: await index.ask("run", [done.id], 0),
  };
}

async function begin(): Promise<IndexBus> {
  const given = await startIndexBus();
  await given.appender.append(runEvent(done, "/controller"));
  await given.store(12_000);
  return given;
}

async function following(index: EventIndex, first: number): Promise<void> {
  await eventually(
    () => index.status(),
    ({ firstSequence }) => firstSequence === first,
  );
}

test("what is over the size is forgotten, in events, counts, sums and runs, however much goes at once", async () => {
  await using given = await begin();
  const jsm = await jetstreamManager(given.bus.nc);
  const index = await given.open();
  expect(await told(index)).toMatchObject({ total: 12_000, first: { id: "e-0" }, run: { state: "completed" } });
  // In one go more than one step of forgetting takes.
  await jsm.streams.update(eventsStream, { max_msgs: 500 });
  const { state } = await jsm.streams.info(eventsStream);
  expect(state.first_seq).toBe(11_502);
  await following(index, state.first_seq);
  const left = {
    status: { events: 500, firstSequence: 11_502, lastSequence: 12_001 },
    total: 500,
    oldest: 11_502,
    counted: { kind: "value", value: 500 },
    first: null,
    known: ["e-11999"],
  };
  expect(await told(index)).toMatchObject(left);
  await eventually(
    () => index.ask("run", [done.id], 0),
    (run) => run === null,
  );
  await index.rebuild();
  expect(await told(index)).toMatchObject({ ...left, run: null });
  await given.store(10);
  await following(index, 11_512);
  expect(await told(index)).toMatchObject({ total: 500, status: { events: 500, lastSequence: 12_011 } });
});

test("what is too old is forgotten also when nothing new comes, and by a controller that was away meanwhile", async () => {
  await using given = await begin();
  const jsm = await jetstreamManager(given.bus.nc);
  const first = await given.open();
  const away = await given.open(`${given.path}.away`);
  await Promise.all([told(first), told(away)]);
  await away.stop();
  await jsm.streams.update(eventsStream, { max_age: nanos(200), duplicate_window: nanos(200) });
  await eventually(
    async () => (await jsm.streams.info(eventsStream)).state.messages,
    (messages) => messages === 0,
  );
  await following(first, 12_002);
  const again = await given.open(`${given.path}.away`);
  for (const index of [first, again]) {
    expect(await told(index)).toMatchObject({
      status: { events: 0, firstSequence: 12_002, lastSequence: 12_001 },
      total: 0,
      counted: { kind: "value", value: 0 },
      first: null,
      known: [],
    });
    await eventually(
      () => index.ask("run", [done.id], 0),
      (run) => run === null,
    );
  }
});
