import { expect, test } from "vitest";
import { type Source, type Timed, inTimeOrder } from "../../cli/time-order.ts";

type Item = Timed & { readonly from: string };
/** `looks`: how often it was asked whether it has caught up. */
type Scripted = Source<Item> & {
  readonly looks: number;
  give(timeMs: number): void;
  end(): void;
  fail(error: Error): void;
  catchUp(): void;
};

/** A stream that gives what the test says, when it says so. */
function scripted(from: string): Scripted {
  const results: (IteratorResult<Item, void> | Error)[] = [];
  const asked: PromiseWithResolvers<IteratorResult<Item, void>>[] = [];
  let isCaughtUp = false;
  let looks = 0;
  const settle = (): void => {
    while (results.length > 0 && asked.length > 0) {
      const result = results.shift();
      if (result instanceof Error) asked.shift()?.reject(result);
      else if (result) asked.shift()?.resolve(result);
    }
  };
  const add = (result: (typeof results)[number]): void => {
    results.push(result);
    settle();
  };
  return {
    items: {
      next() {
        asked.push(Promise.withResolvers());
        const promise = asked.at(-1)?.promise ?? Promise.reject(new Error("nothing was asked"));
        settle();
        return promise;
      },
    },
    isCaughtUp() {
      looks += 1;
      return isCaughtUp;
    },
    get looks() {
      return looks;
    },
    give: (timeMs) => add({ done: false, value: { timeMs, from } }),
    end: () => add({ done: true, value: undefined }),
    fail: (error) => add(error),
    catchUp: () => (isCaughtUp = true),
  };
}

const collect = (...sources: Scripted[]): { seen: string[]; over: Promise<void> } => {
  const seen: string[] = [];
  const run = async () => {
    for await (const { from, timeMs } of inTimeOrder(sources, { holdMs: 50, pokeMs: 5 })) seen.push(`${from}${timeMs}`);
  };
  return { seen, over: run() };
};

test("streams of the past are put in the order of time, however much later one comes than the other", async () => {
  const [a, b] = [scripted("a"), scripted("b")];
  const { seen, over } = collect(a, b);
  for (const timeMs of [1, 3, 5]) a.give(timeMs);
  // Longer than holdMs.
  await expect.poll(() => b.looks).toBeGreaterThan(20);
  expect(seen).toEqual([]);
  for (const timeMs of [2, 4]) b.give(timeMs);
  b.end();
  a.end();
  await over;
  expect(seen).toEqual(["a1", "b2", "a3", "b4", "a5"]);
});

test("a stream that has caught up and is silent holds up the other for a moment only", async () => {
  const [a, b] = [scripted("a"), scripted("b")];
  const { seen, over } = collect(a, b);
  a.catchUp();
  b.catchUp();
  a.give(5);
  b.give(4);
  await expect.poll(() => seen).toEqual(["b4", "a5"]);
  b.give(3);
  await expect.poll(() => seen).toEqual(["b4", "a5", "b3"]);
  a.end();
  b.end();
  await over;
});

test("what goes wrong with one stream ends all", async () => {
  const [a, b] = [scripted("a"), scripted("b")];
  const { over } = collect(a, b);
  a.give(1);
  b.fail(new Error("refused"));
  await expect(over).rejects.toThrow("refused");
});
