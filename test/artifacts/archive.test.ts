// Every stored change is one archive event, also when the controller died between the two.
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { describe, expect, test } from "vitest";
import { createArchive } from "../../controller/artifacts/archive.ts";
import { recordMissedChanges } from "../../controller/artifacts/archive-repair.ts";
import { createBreeds } from "../../controller/artifacts/breeds.ts";
import { openBucket } from "../../controller/artifacts/bucket.ts";
import { differences } from "../../model/difference.ts";
import type { BreedEntry } from "../../controller/artifacts/entry.ts";
import type { EventToAppend } from "../../controller/events/append.ts";
import { parseBreed } from "../../model/breed.ts";
import { valueOf } from "../model/parsed.ts";
import { startNats } from "../nats.ts";

const breed = (image: string) => valueOf(parseBreed({ name: "b", deployable: image }));
const now = () => new Date("2026-01-01T00:00:00.000Z");

test("two writers of one name both succeed, one after the other, and nothing is lost", async () => {
  await using nats = await startNats();
  const nc = await connect({ servers: nats.url });
  const kv = await new Kvm(jetstream(nc)).create("breeds", { history: 64 });
  const [one, two] = await Promise.all([openBucket<BreedEntry>(kv, () => {}), openBucket<BreedEntry>(kv, () => {})]);
  const archive = { record: () => Promise.resolve() };
  const [first, second] = [createBreeds(one, archive, now), createBreeds(two, archive, now)];
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 ? first : second).save(breed(`image:${n}`), `writer ${n}`)),
  );
  expect(results.map((result) => result.revision).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  one.stop();
  two.stop();
  await nc.close();
});

test("a change that was stored and not recorded is recorded at the next start, with its difference, once", async () => {
  await using nats = await startNats();
  const nc = await connect({ servers: nats.url });
  await (await jetstreamManager(nc)).streams.add({ name: "EVENTS", subjects: ["event.>"] });
  const kv = await new Kvm(jetstream(nc)).create("breeds", { history: 64 });
  const bucket = await openBucket<BreedEntry>(kv, () => {});
  const recorded: EventToAppend[] = [];
  const archive = createArchive((event) => {
    recorded.push(event);
    return Promise.resolve({ id: "", ...event });
  });
  await createBreeds(bucket, archive, now).save(breed("image:1"), "a person");
  const dies = { record: () => Promise.reject(new Error("killed")) };
  await expect(createBreeds(bucket, dies, now).save(breed("image:2"), "a person")).rejects.toThrow("killed");

  const query = () =>
    Promise.resolve({
      texts: recorded.map((event) => JSON.stringify({ id: "", ...event })),
      sequences: recorded.map((_, at) => at + 1),
      total: null,
      totalIsExact: false,
    });
  const repair = () => recordMissedChanges("breed", kv, bucket.entries(), { archive, query, nowMs: now().getTime() });
  expect([await repair(), await repair()]).toEqual([1, 0]);
  expect(recorded.map((event) => event.value)).toMatchObject([
    { revision: 1, diff: [] },
    { revision: 2, diff: [{ path: "deployable.definition", before: "image:1", after: "image:2" }] },
  ]);
  bucket.stop();
  await nc.close();
});

describe("differences", () => {
  test.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, [{ path: "a", before: 1, after: 2 }]],
    [{ a: { b: [1, 2] } }, { a: { b: [1] } }, [{ path: "a.b.1", before: 2 }]],
    [{}, { a: { b: 1 } }, [{ path: "a", after: { b: 1 } }]],
    [{ a: [] }, { a: {} }, [{ path: "a", before: [], after: {} }]],
  ])("between %j and %j", (before, after, expected) => {
    expect(differences(before, after)).toEqual(expected);
  });

  test("long texts and many differences stay small", () => {
    const [only] = differences({ text: "" }, { text: "x".repeat(100_000) });
    expect(String(only?.after).length).toBeLessThan(2_100);
    const many = differences({}, Object.fromEntries(Array.from({ length: 500 }, (_, n) => [n, n])));
    expect(many).toHaveLength(101);
    expect(many.at(-1)?.path).toBe("(400 more)");
  });
});
