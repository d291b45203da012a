// Lost updates: a write that believes in a revision is refused when there is another, whoever stored that and however late this
// controller learns of it.
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Breeds, createBreeds } from "../../controller/artifacts/breeds.ts";
import { type Bucket, openBucket } from "../../controller/artifacts/bucket.ts";
import { ConditionFailed } from "../../controller/artifacts/condition.ts";
import type { BreedEntry } from "../../controller/artifacts/entry.ts";
import { parseBreed } from "../../model/breed.ts";
import { valueOf } from "../model/parsed.ts";
import { startNats } from "../nats.ts";

const breed = (name: string, image: string) => valueOf(parseBreed({ name, deployable: image }));
const matching = (...match: number[]) => ({ condition: { match, absent: false } });
const createOnly = { condition: { match: null, absent: true } };

let closing: AsyncDisposableStack;
/** Two controllers. */
let one: Breeds;
let other: Breeds;
/** The second one's memory stays as it is from now on. */
let otherBucket: Bucket<BreedEntry>;

beforeAll(async () => {
  closing = new AsyncDisposableStack();
  const nats = closing.use(await startNats());
  const nc = await connect({ servers: nats.url });
  closing.defer(() => nc.close());
  const kv = await new Kvm(jetstream(nc)).create("breeds", { history: 64 });
  const open = async (): Promise<Bucket<BreedEntry>> => {
    const bucket = await openBucket<BreedEntry>(kv, () => {});
    closing.defer(() => bucket.stop());
    return bucket;
  };
  const archive = { record: () => Promise.resolve() };
  one = createBreeds(await open(), archive, () => new Date("2026-01-01T00:00:00.000Z"));
  otherBucket = await open();
  other = createBreeds(otherBucket, archive, () => new Date("2026-01-01T00:00:00.000Z"));
});
afterAll(() => closing.disposeAsync());

test("of many writers with one revision, at two controllers, exactly one wins", async () => {
  await one.save(breed("race", "image:0"), "a");
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? one : other).save(breed("race", `image:${n + 1}`), `writer ${n}`, matching(1)),
    ),
  );
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  expect(refused).toHaveLength(19);
  const winner = one.get("race");
  expect(winner?.revision).toBe(2);
  expect(refused.every((error) => error instanceof ConditionFailed)).toBe(true);
  expect(new Set(refused.map(({ message }) => message))).toEqual(
    new Set([
      `breed "race" is at revision 2, saved by ${winner?.savedBy} at 2026-01-01T00:00:00.000Z; nothing was changed; read it again, and make the change to that`,
    ]),
  );
});

test("of many that only create, one does", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, n) =>
      (n % 2 ? one : other).save(breed("first", `image:${n}`), `writer ${n}`, createOnly),
    ),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(one.get("first")?.revision).toBe(1);
});

test("a controller whose memory is behind neither refuses the present revision nor takes the one before", async () => {
  otherBucket.stop();
  await one.save(breed("behind", "image:1"), "a");
  await one.save(breed("behind", "image:2"), "a");
  await expect(other.save(breed("behind", "image:3"), "b", matching(1))).rejects.toThrow(/at revision 2, saved by a/);
  expect(await other.save(breed("behind", "image:3"), "b", matching(2))).toMatchObject({ revision: 3 });
  await one.save(breed("behind", "image:4"), "a", matching(3));
  await expect(other.remove("behind", "b", { match: [3], absent: false })).rejects.toThrow(/at revision 4/);
  expect(await other.remove("behind", "b", { match: [4], absent: false })).toMatchObject({ revision: 5 });
  await expect(one.save(breed("behind", "image:5"), "a", matching(4))).rejects.toThrow(
    /was deleted by b at 2026-01-01T00:00:00.000Z, as revision 5/,
  );
  expect(await one.save(breed("behind", "image:5"), "a", createOnly)).toMatchObject({ action: "created", revision: 6 });
});

test("a content that is already there is not taken as stored when the revision is another one", async () => {
  await one.save(breed("same", "image:1"), "a");
  await expect(one.save(breed("same", "image:1"), "a", matching(7))).rejects.toThrow(ConditionFailed);
  expect(await one.save(breed("same", "image:1"), "a", matching(7, 1))).toMatchObject({ action: "unchanged" });
});
