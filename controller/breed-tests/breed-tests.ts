// Tests of breeds: code runs over the events of a fixture in a container like any other of a workflow, and what it emits is captured.
//
//   B1. Nothing that the code does reaches a stream or a bucket. That somebody tested a breed is one event, when the test is over,
//       however it came to that.
//   B2. A test ends by itself, when its caller goes away and when the controller stops. Its container goes with it, also when the
//       controller is killed (test-instances.ts).
//   B3. At most testsAtOnceMax are under way. Another one is refused, not queued: its caller waits at a connection.
import { randomBytes } from "node:crypto";
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import type { Logger } from "pino";
import type { LogLine } from "../../bus/assignment.ts";
import { testOwner } from "../../bus/subjects.ts";
import { type Event, expandTags } from "../../model/event.ts";
import type { Outcome } from "../../model/run.ts";
import { type SecretNeeds, needsAny } from "../../model/secret-needs.ts";
import { referencesIn } from "../../model/secret-reference.ts";
import type { AppendEvent } from "../events/append.ts";
import { eventIdOf } from "../events/event-id.ts";
import type { AgentAccess } from "../lifecycle/instance-spec.ts";
import { bootBurstMs } from "../lifecycle/readiness.ts";
import { type Capture, type TestSink, createCapture } from "./capture.ts";
import { type TestProgress, createTestProgress, followProgress } from "./test-progress.ts";
import type { TestInstances } from "./test-instances.ts";
import { type BreedTest, runsOfTest, testMsMax, testSpec } from "./test-runs.ts";

/** Each is a container with the memory of a workflow's, which somebody waits for. */
const testsAtOnceMax = 4;
const idBytes = 4;
/** To start the container, to end the last run, and to say so. */
const besideRunsMs = 30_000;

export type TestedEvent = {
  readonly event: Event;
  /** The id that the run had. */
  readonly run: string;
  readonly outcome: Outcome;
  /** Null when it did not begin, or was not heard of again. */
  readonly tookMs: number | null;
  /** What it emitted, as it would have been stored. */
  readonly events: readonly Event[];
  /** Events that were more than a test captures. */
  readonly eventsRefused: number;
  readonly output: readonly LogLine[];
};

export type TestResult = { readonly tests: readonly TestedEvent[]; readonly tookMs: number };

export class TooManyTests extends Error {}

export type BreedTests = {
  /** Resolves when the test is over and its container gone. Throws StartError or TooManyTests; the signal's reason when it fires. */
  run(test: BreedTest, options: { readonly by: string; readonly signal: AbortSignal }): Promise<TestResult>;
  /** Where the events of code under test go; null: no such test is under way here. `run`: what the code says of itself. */
  sinkOf(owner: string, run: string | null): TestSink | null;
  /** Ends those that are under way. */
  stop(): Promise<void>;
};

export type BreedTestParts = {
  readonly nc: NatsConnection;
  readonly instances: TestInstances;
  readonly access: (owner: string) => Promise<AgentAccess>;
  /** Answers the API calls of an owner until it is unsubscribed. */
  readonly answerApi: (owner: string) => Subscription;
  /** Gives an owner these secrets, sealed, until it is unsubscribed. */
  readonly answerSecrets?: (owner: string, needs: SecretNeeds) => Subscription;
  readonly append: AppendEvent;
  readonly stopGraceMs: number;
  readonly now: () => Date;
  readonly log: Logger;
};

export function createBreedTests(parts: BreedTestParts): BreedTests {
  const { nc, instances, now, log } = parts;
  const captures = new Map<string, Capture>();
  const underWay = new Set<Promise<unknown>>();
  const stopping = new AbortController();

  return {
    async run(test, { by, signal }) {
      if (underWay.size >= testsAtOnceMax)
        throw new TooManyTests(`${testsAtOnceMax} tests of breeds are under way; try again when one of them is over`);
      const begun = execute(test, by, AbortSignal.any([signal, stopping.signal]));
      underWay.add(begun);
      try {
        return await begun;
      } finally {
        underWay.delete(begun);
      }
    },
    sinkOf: (owner, run) => captures.get(owner)?.sink(run) ?? null,
    async stop() {
      stopping.abort(new TooManyTests("the controller is stopping"));
      await Promise.allSettled(underWay);
    },
  };

  async function execute(test: BreedTest, by: string, signal: AbortSignal): Promise<TestResult> {
    const id = randomBytes(idBytes).toString("hex");
    const owner = testOwner(id);
    const beganMs = performance.now();
    const runs = runsOfTest(id, test, now());
    const capture = createCapture(test.workflow, runs);
    captures.set(owner, capture);
    const progress = createTestProgress(runs.map((run) => run.id));
    const heard = followProgress(nc, owner, (report) => {
      if (report.kind === "begun") capture.begun(report.run);
      progress.take(report);
    });
    const api = parts.answerApi(owner);
    const needs = { keys: referencesIn(Object.values(test.environment)), files: test.secretFiles ?? [] };
    const secrets = needsAny(needs) ? parts.answerSecrets?.(owner, needs) : undefined;
    let limit: NodeJS.Timeout | undefined;
    let isStarted = false;
    let tookMs = 0;
    try {
      const access = await parts.access(owner);
      signal.throwIfAborted();
      await instances.start(testSpec(owner, { test, runs, access, stopGraceMs: parts.stopGraceMs }));
      isStarted = true;
      // As a workflow's container, it boots without the limit.
      limit = setTimeout(() => void instances.limit(owner, test.cpu).catch(() => {}), bootBurstMs);
      void instances.ended(owner).then((reason) => progress.end(reason));
      await progress.over(testMsMax + besideRunsMs, signal);
    } finally {
      clearTimeout(limit);
      await instances.remove(owner);
      tookMs = Math.round(performance.now() - beganMs);
      heard.unsubscribe();
      api.unsubscribe();
      secrets?.unsubscribe();
      captures.delete(owner);
      if (isStarted) await tell(owner, test, by, resultNow());
    }
    return resultNow();

    function resultNow(): TestResult {
      return {
        tests: runs.map((run, place) => testedEvent(run.id, test.events[place] ?? run.event, { progress, capture })),
        tookMs,
      };
    }
  }

  /** That it cannot be told is no business of whoever waits for the result. */
  async function tell(owner: string, { breed }: BreedTest, by: string, { tests, tookMs }: TestResult): Promise<void> {
    const completed = tests.filter(({ outcome }) => outcome.kind === "completed").length;
    const state = completed === tests.length ? "completed" : "failed";
    await parts
      .append({
        id: eventIdOf("test", owner, breed),
        source: "/controller",
        type: "test",
        tags: expandTags([`breeds:${breed}`, `test:${state}`]),
        value: { breed, by, state, events: tests.length, completed, tookMs },
        timestamp: now().toISOString(),
      })
      .catch((error: unknown) => log.warn({ breed, error: String(error) }, "a test of a breed could not be told of"));
  }
}

function testedEvent(
  run: string,
  event: Event,
  { progress, capture }: { readonly progress: TestProgress; readonly capture: Capture },
): TestedEvent {
  const { events, refused } = capture.of(run);
  return { event, run, ...progress.of(run), events, eventsRefused: refused };
}
