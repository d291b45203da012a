// Since when a workflow's schedule holds: from the save that brought it, over edits of anything else; and what may not be scheduled.
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { describe, expect, test } from "vitest";
import { checkArtifacts } from "../../controller/artifacts/apply.ts";
import type { Breeds } from "../../controller/artifacts/breeds.ts";
import { openBucket } from "../../controller/artifacts/bucket.ts";
import type { LiveBreed, WorkflowEntry } from "../../controller/artifacts/entry.ts";
import { rhythmOf } from "../../controller/artifacts/rhythm.ts";
import { type Workflows, createWorkflows } from "../../controller/artifacts/workflows.ts";
import type { Breed } from "../../model/breed.ts";
import type { Schedule } from "../../model/schedule.ts";
import type { Workflow } from "../../model/workflow.ts";
import { problemsOf } from "../model/parsed.ts";
import { startNats } from "../nats.ts";
import { entryOf, rules } from "../triggers/entries.ts";

const noBreeds = { get: () => null } as unknown as Breeds;
const workflow = (schedule: Schedule, more: Partial<Workflow> = {}): Workflow => ({
  ...entryOf("w", schedule).artifact,
  ...more,
});

type Store = AsyncDisposable & {
  readonly workflows: Workflows;
  readonly asked: number[];
  at(hour: number): void;
  scheduled(): unknown;
};

async function openStore(): Promise<Store> {
  const nats = await startNats();
  const nc = await connect({ servers: nats.url });
  const kv = await new Kvm(jetstream(nc)).create("workflows", { history: 64 });
  const bucket = await openBucket<WorkflowEntry>(kv, () => {});
  const asked: number[] = [];
  let hour = 0;
  const workflows = createWorkflows(bucket, {
    breeds: noBreeds,
    archive: { record: () => Promise.resolve() },
    signals: { statusChanged: () => Promise.resolve(), deployed: () => Promise.resolve() },
    now: () => new Date(Date.UTC(2026, 0, 1, hour)),
    streamEnd: () => {
      asked.push(hour);
      return Promise.resolve(hour * 100);
    },
  });
  return {
    workflows,
    asked,
    at: (next) => void (hour = next),
    scheduled: () => workflows.get("w")?.scheduled,
    async [Symbol.asyncDispose]() {
      bucket.stop();
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

const since = (hour: number) => ({ at: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(), afterSequence: hour * 100 });

test("a schedule holds from its save on; an edit of anything else keeps that, and does not ask where the events are", async () => {
  await using store = await openStore();
  const { workflows } = store;
  store.at(1);
  const time = { period: "PT1H", ...rules };
  await workflows.save(workflow({ time }), null, "a");
  expect(store.scheduled()).toEqual(since(1));
  store.at(2);
  await workflows.save(workflow({ time }, { environment_variables: { A: "1" } }), null, "a");
  await workflows.save(
    workflow({ time: { ...time, overlap: "queue", missed: "all", jitter: "PT1M", repeat: 3 } }),
    null,
    "a",
  );
  await workflows.setStatus("w", "suspended", "a");
  await workflows.restart("w", "a");
  expect(store.scheduled()).toEqual(since(1));
  expect(store.asked).toEqual([1]);
});

test("what an edit adds to a time schedule that was over holds from that edit on; one that is not over goes on", async () => {
  await using store = await openStore();
  const { workflows } = store;
  const save = (repeat: number | null, more: Partial<Workflow> = {}): unknown =>
    workflows.save(
      workflow({ time: { period: "PT1H", ...rules, ...(repeat !== null && { repeat }) } }, more),
      null,
      "a",
    );
  store.at(1);
  await save(2);
  store.at(2);
  await save(3);
  expect(store.scheduled()).toEqual(since(1));
  store.at(6);
  await save(3, { environment_variables: { A: "1" } });
  await save(2);
  expect(store.scheduled()).toEqual(since(1));
  const extended = (hour: number) => ({ ...since(1), extendedAt: since(hour).at });
  await save(4);
  expect(store.scheduled()).toEqual(extended(6));
  store.at(7);
  await save(8);
  expect(store.scheduled()).toEqual(extended(7));
  store.at(8);
  await save(null);
  expect(store.scheduled()).toEqual(extended(7));
  expect(store.asked).toEqual([1]);
});

test("another schedule holds from its own save on, and so does the same one after it was away", async () => {
  await using store = await openStore();
  const { workflows } = store;
  store.at(1);
  await workflows.save(workflow({ event: { tags: ["a"] } }), null, "a");
  store.at(2);
  await workflows.save(workflow({ event: { tags: ["b"] } }), null, "a");
  expect(store.scheduled()).toEqual(since(2));
  store.at(3);
  await workflows.save(workflow("daemon"), null, "a");
  expect(store.scheduled()).toBeUndefined();
  store.at(4);
  await workflows.save(workflow({ event: { tags: ["b"] } }), null, "a");
  expect(store.scheduled()).toEqual(since(4));
  await workflows.remove("w", "a");
  store.at(5);
  await workflows.save(workflow({ event: { tags: ["b"] } }), null, "a");
  expect(store.scheduled()).toEqual(since(5));
});

test("a workflow was created when its name had none; an edit keeps that, and one that is deleted and saved again is another one", async () => {
  await using store = await openStore();
  const { workflows } = store;
  const created = (): unknown => workflows.get("w")?.created;
  store.at(1);
  await workflows.save(workflow("daemon"), null, "a");
  expect(created()).toEqual(since(1));
  store.at(2);
  await workflows.save(workflow({ webhook: { key: "k" } }), null, "a");
  await workflows.setStatus("w", "suspended", "a");
  await workflows.restart("w", "a");
  expect(created()).toEqual(since(1));
  await workflows.remove("w", "a");
  store.at(3);
  await workflows.save(workflow("daemon"), null, "a");
  expect(created()).toEqual(since(3));
});

describe("two schedules have the same rhythm", () => {
  const time = { period: "PT1H", ...rules };
  test.each<[Schedule, Schedule, boolean]>([
    [{ time }, { time: { ...time, overlap: "allow", repeat: 2 } }, true],
    [{ time }, { time: { ...time, period: "PT60M" } }, false],
    [{ time }, { time: { ...time, start: "2026-01-01T00:00:00.000Z" } }, false],
    [
      { time: { cron: "@daily", ...rules } },
      { time: { cron: "@daily", timezone: "Europe/Amsterdam", ...rules } },
      false,
    ],
    [{ event: { tags: ["a", "b"] } }, { event: { tags: ["b", "a"] } }, true],
    [{ event: { tags: ["a"] } }, { event: { tags: ["a"], type: "t" } }, false],
    [{ event: { tags: ["a"], type: "t" } }, { event: { tags: ["a"], source: "t" } }, false],
  ])("%j and %j: %j", (one, other, same) => {
    expect(rhythmOf(one) === rhythmOf(other)).toBe(same);
  });
});

describe("a breed that is an image", () => {
  const image: Breed = {
    ...(entryOf("w", "daemon").artifact.breed as Breed),
    name: "img",
    deployable: { type: "container/docker", definition: "nginx:1" },
  };
  const breeds = { get: (name: string) => (name === "stored" ? ({ artifact: image } as LiveBreed) : null) } as Breeds;
  const check = (documents: readonly unknown[]) =>
    problemsOf(
      checkArtifacts(
        documents.map((value, index) => ({ value, path: `documents[${index}]` })),
        { kind: null, name: null },
        { breeds },
      ),
    );
  const doc = (breed: unknown, schedule: unknown) => ({ kind: "workflow", name: "w", breed, schedule });

  test.each([
    ["written inside the workflow", [doc({ deployable: "nginx:1" }, "manual")]],
    ["stored", [doc("stored", { event: "a" })]],
    ["in the same file", [{ kind: "breed", name: "img", deployable: "nginx:1" }, doc("img", "manual")]],
  ])("%s, is refused for a workflow that is no daemon, with the fix", (_, documents) => {
    expect(check(documents)).toEqual([
      expect.stringMatching(/schedule: expected "daemon".*images run as daemons only so far/),
    ]);
  });

  test("runs as a daemon, and a script in the same file that takes its name is what counts", () => {
    expect(check([doc("stored", "daemon")])).toEqual([]);
    expect(
      check([
        { kind: "breed", name: "stored", deployable: { type: "javascript", definition: "1" } },
        doc("stored", "manual"),
      ]),
    ).toEqual([]);
  });
});
