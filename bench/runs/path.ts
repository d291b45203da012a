// A way from a trigger to a durable result that somebody has seen, and how fast it is: one run at a time, at a steady pace, and
// as many as it takes.
import { setTimeout as delay } from "node:timers/promises";

export type Path = AsyncDisposable & {
  readonly name: string;
  /** Triggers one run. Resolves with the milliseconds until its result was seen. */
  one(): Promise<number>;
  /** Triggers so many runs, each as soon as an earlier one was accepted. Resolves with the milliseconds until all were seen. */
  many(count: number): Promise<number>;
};

/** Milliseconds of `count` runs, each triggered `gapMs` after the result of the one before was seen. */
export async function oneByOne(path: Path, options: { count: number; gapMs: number }): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let made = 0; made < options.count; made += 1) {
    if (options.gapMs > 0) await delay(options.gapMs);
    samples.push(await path.one());
  }
  return samples;
}

/** Milliseconds of `count` runs, triggered every `everyMs`, whether those before have ended or not. */
export async function steadily(path: Path, options: { count: number; everyMs: number }): Promise<readonly number[]> {
  const startedMs = performance.now();
  const samples: Promise<number>[] = [];
  for (let made = 0; made < options.count; made += 1) {
    await delay(Math.max(0, startedMs + made * options.everyMs - performance.now()));
    samples.push(path.one());
  }
  return Promise.all(samples);
}

/** Results a second, from the first trigger to the last result. */
export async function perSecond(path: Path, count: number): Promise<number> {
  return count / ((await path.many(count)) / 1_000);
}
