// The history of an artifact as far as its bucket keeps it, with and without what the archive events know beyond that.
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Artifacts } from "../../controller/artifacts/apply.ts";
import { createArchive } from "../../controller/artifacts/archive.ts";
import { createBreeds } from "../../controller/artifacts/breeds.ts";
import { openBucket } from "../../controller/artifacts/bucket.ts";
import type { BreedEntry, WorkflowEntry } from "../../controller/artifacts/entry.ts";
import { findRevision, revisionsOf } from "../../controller/artifacts/revisions.ts";
import { createWorkflows } from "../../controller/artifacts/workflows.ts";
import { parseBreed } from "../../model/breed.ts";
import type { Event } from "../../model/event.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { valueOf } from "../model/parsed.ts";
import { startNats } from "../nats.ts";

const kept = 4;
const breed = (image: string) => valueOf(parseBreed({ name: "b", deployable: image }));
const workflow = (value: string) =>
  valueOf(parseWorkflow({ name: "w", breed: "b", schedule: "daemon", env: { A: value } })).workflow;

let closing: AsyncDisposableStack;
let stored: Artifacts;
let jsm: JetStreamManager;
const events: Event[] = [];
const archived = (kind: string) => () =>
  Promise.resolve(events.filter(({ tags }) => tags.includes(`${kind}s`)).toReversed());

beforeAll(async () => {
  closing = new AsyncDisposableStack();
  const nats = closing.use(await startNats());
  const nc = await connect({ servers: nats.url });
  closing.defer(() => nc.close());
  jsm = await jetstreamManager(nc);
  const kvm = new Kvm(jetstream(nc));
  const breedBucket = await openBucket<BreedEntry>(await kvm.create("breeds", { history: kept }), () => {});
  closing.defer(() => breedBucket.stop());
  const workflowBucket = await openBucket<WorkflowEntry>(await kvm.create("workflows", { history: kept }), () => {});
  closing.defer(() => workflowBucket.stop());
  let minute = 0;
  const now = (): Date => new Date(Date.UTC(2026, 0, 1, 0, minute++));
  const archive = createArchive((event) => {
    const one = { id: String(events.length), ...event };
    events.push(one);
    return Promise.resolve(one);
  });
  const breeds = createBreeds(breedBucket, archive, now);
  const signals = { statusChanged: () => Promise.resolve(), deployed: () => Promise.resolve() };
  const workflows = createWorkflows(workflowBucket, {
    breeds,
    archive,
    signals,
    now,
    streamEnd: () => Promise.resolve(1),
  });
  stored = { breeds, workflows };
});
afterAll(() => closing.disposeAsync());

const short = async (kind: "breed" | "workflow", name: string, from = archived(kind)) =>
  (await revisionsOf({ kind, name }, stored, from))?.map((row) => [
    row.revision,
    row.action,
    row.by,
    row.changed?.join() ?? null,
    row.kept,
  ]);

test("each revision is a row, deletions too; what the bucket has dropped is told by the archive events", async () => {
  await stored.breeds.save(breed("i:1"), "ann");
  await stored.breeds.save(breed("i:2"), "ben");
  await stored.breeds.remove("b", "cid");
  await stored.breeds.save(breed("i:3"), "dot");
  const all = [
    [4, "create", "dot", "", true],
    [3, "delete", "cid", "", false],
    [2, "update", "ben", "deployable.definition", true],
    [1, "create", "ann", "", true],
  ];
  expect(await short("breed", "b")).toEqual(all);

  await stored.breeds.save(breed("i:4"), "eve");
  await stored.breeds.save(breed("i:5"), "fay", { restores: 2 });
  const newest = [
    [6, "update", "fay", "deployable.definition", true],
    [5, "update", "eve", "deployable.definition", true],
    ...all.slice(0, 2),
  ];
  expect(await short("breed", "b")).toEqual([
    ...newest,
    [2, "update", "ben", "deployable.definition", false],
    [1, "create", "ann", "", false],
  ]);
  expect((await revisionsOf({ kind: "breed", name: "b" }, stored, archived("breed")))?.[0]?.restores).toBe(2);
  expect(await short("breed", "b", () => Promise.resolve([]))).toEqual(newest);
});

test("of the oldest revision that is kept, what it changed is not known once its event is gone as well", async () => {
  await stored.breeds.save(breed("i:6"), "gil");
  await stored.breeds.save(breed("i:7"), "hal");
  expect((await short("breed", "b", () => Promise.resolve([])))?.at(-1)).toEqual([5, null, "eve", null, true]);
  expect((await short("breed", "b"))?.at(3)).toEqual([5, "update", "eve", "deployable.definition", true]);
});

test("a revision is found as it was, or it is said why not", async () => {
  const find = (revision: number) => findRevision({ kind: "breed", name: "b" }, revision, stored);
  expect(await find(6)).toMatchObject({ kind: "kept", first: { artifact: { deployable: { definition: "i:5" } } } });
  expect(await find(4)).toEqual({ kind: "gone", oldest: 5 });
  expect(await find(9)).toEqual({ kind: "never", newest: 8 });
  await stored.breeds.remove("b", "ivy");
  expect(await find(9)).toMatchObject({ kind: "deletion", entry: { savedBy: "ivy" } });
  expect(await findRevision({ kind: "breed", name: "nobody" }, 1, stored)).toBe(null);
  expect(await short("breed", "nobody")).toBeUndefined();
});

test("reading it leaves nothing behind in NATS", async () => {
  const info = async () => (await jsm.streams.info("KV_breeds")).state.consumer_count;
  const before = await info();
  await short("breed", "b");
  await findRevision({ kind: "breed", name: "b" }, 6, stored);
  expect(await info()).toBe(before);
});

test("a change of status and a restart are no revisions; the breed of the last restart is the one that a revision ran with", async () => {
  await stored.breeds.save(breed("i:8"), "jo");
  await stored.workflows.save(workflow("1"), null, "ann");
  await stored.breeds.save(breed("i:9"), "jo");
  await stored.workflows.setStatus("w", "suspended", "ben");
  await stored.workflows.restart("w", "ben");
  await stored.workflows.save(workflow("2"), null, "cid");
  const rows = await revisionsOf({ kind: "workflow", name: "w" }, stored, archived("workflow"));
  expect(rows?.map((row) => [row.revision, row.action, row.by, row.changed, row.breedRevision])).toEqual([
    [2, "update", "cid", ["environment_variables.A"], 11],
    [1, "create", "ann", [], 11],
  ]);
});
