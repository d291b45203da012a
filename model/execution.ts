// How the runs of a workflow are executed: how many at once, for how long, how often again, and in which containers.
import { fixedDuration } from "./fixed-duration.ts";
import { suggestedDuration } from "./duration.ts";
import { nearest } from "./nearest.ts";
import { decimalNumber, wholeNumber } from "./number.ts";
import { accepted } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";
import { optional, record } from "./record.ts";
import { oneOf } from "./text.ts";
import type { Isolation, Retry } from "./workflow.ts";

/** Each run at the same time is a process in the container. */
const concurrencyMax = 64;
const retriesMax = 100;
const retryFactorMax = 10;
const retryDelayMax = "P1D";
/** An attempt that takes longer is a daemon. */
const timeoutMax = "P7D";
const keepWarmMax = "P7D";

export const defaultConcurrency = 1;
export const defaultRetry: Retry = { times: 0, delay: "PT1S", factor: 2 };
export const defaultTimeout = "PT1H";
export const defaultKeepWarm = "PT5M";

export const concurrency = wholeNumber({ noun: "runs at the same time in each instance", min: 1, max: concurrencyMax });

export const timeout = fixedDuration({ min: "PT1S", max: timeoutMax });

export const isolation = oneOf<Isolation>("process", "container");

const retryTimes = wholeNumber({ noun: "how many times", min: 0, max: retriesMax });

const fullRetry = record<Retry>(
  {
    times: optional(retryTimes, defaultRetry.times),
    delay: optional(fixedDuration({ min: "PT0S", max: retryDelayMax }), defaultRetry.delay),
    factor: optional(decimalNumber({ noun: "a factor", min: 1, max: retryFactorMax }), defaultRetry.factor),
  },
  { noun: "a retry" },
);

/** `3`, or `{times, delay?, factor?}`. */
export const retry: Reader<Retry> = (raw, at) => {
  if (typeof raw !== "number") return fullRetry(raw, at);
  const times = retryTimes(raw, at);
  return times.ok ? accepted({ ...defaultRetry, times: times.value }) : times;
};

const warmFor = fixedDuration({ min: "PT1S", max: keepWarmMax });

export const keepWarm: Reader<string> = (raw, at) => {
  if (raw === "always" || raw === "never") return accepted(raw);
  if (typeof raw === "string" && raw.startsWith("P")) return warmFor(raw, at);
  const meant = typeof raw === "string" ? nearest(raw, ["always", "never"]) : null;
  return mismatch(at, raw, {
    expected: `"always", "never" or a duration such as "${defaultKeepWarm}"`,
    fix: `write "${meant ?? suggestedDuration(String(raw)) ?? defaultKeepWarm}"`,
  });
};
