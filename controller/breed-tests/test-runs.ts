// The runs of a test, as the events of its fixture would set them off; and the instance that executes them. Pure.
import type { Assignment } from "../../bus/assignment.ts";
import type { QueuedRun } from "../../bus/run-message.ts";
import type { Event } from "../../model/event.ts";
import type { Network } from "../../model/network.ts";
import { replayIn } from "../../model/replay.ts";
import { isSlotReport } from "../../model/slot.ts";
import type { AgentAccess } from "../lifecycle/instance-spec.ts";
import type { LockedPackages } from "../packages/lock.ts";
import type { InstanceSpec } from "../runtime/runtime.ts";
import { hopsOf } from "../triggers/loop-rules.ts";
import { addressedTo } from "../triggers/runs-of-event.ts";

/** All runs of one test together. An answer is waited for a little longer. */
export const testMsMax = 240_000;
/** User code that does not end on SIGTERM is killed after this, or earlier where the controller's own grace is shorter. */
const stopGraceMsMax = 5_000;

/** What is tested, how, and with what. */
export type BreedTest = {
  readonly breed: string;
  readonly source: string;
  /** The workflow that user code finds itself in. */
  readonly workflow: string;
  readonly revision: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Secrets whose keys are files, as the workflow has them. */
  readonly secretFiles?: readonly string[];
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly network: Network;
  readonly packages?: LockedPackages | undefined;
  /** Of each run. */
  readonly timeoutMs: number;
  readonly events: readonly Event[];
};

/** `test`: the id of the test, by which its runs are told from all others. */
export function runsOfTest(test: string, { workflow, events }: BreedTest, now: Date): readonly QueuedRun[] {
  return events.map((fixture, place): QueuedRun => {
    const replayed = replayIn(fixture);
    const event = replayed?.event ?? fixture;
    const trigger = addressedTo(fixture)?.trigger ?? "event";
    return {
      id: `test-${test}-${place + 1}`,
      workflow,
      trigger,
      event,
      ...(replayed && { replay: { id: replayed.replay, event: fixture.id } }),
      hops: hopsOf(event) + 1,
      slot: trigger === "time" && isSlotReport(event.value) ? event.value.due : null,
      queuedAt: now.toISOString(),
      createdAt: null,
      attemptsBefore: 0,
    };
  });
}

/** The same container as that of a workflow, under the owner token of the test. */
export function testSpec(
  owner: string,
  {
    test,
    runs,
    access,
    stopGraceMs,
  }: {
    readonly test: BreedTest;
    readonly runs: readonly QueuedRun[];
    readonly access: AgentAccess;
    readonly stopGraceMs: number;
  },
): InstanceSpec {
  const { workflow, revision, source, environment, secretFiles = [], cpu, memoryBytes, network, timeoutMs } = test;
  const assignment: Assignment = {
    workflow: owner,
    instance: owner,
    deployment: "test",
    revision,
    nats: access,
    work: { kind: "test", workflow, source, environment, runs, timeoutMs, totalMs: testMsMax },
    gatewayPort: 0,
    stopGraceMs: Math.min(stopGraceMs, stopGraceMsMax),
    ...(secretFiles.length > 0 && { secretFiles }),
  };
  return {
    instance: owner,
    workflow: owner,
    deployment: "test",
    revision,
    work: { kind: "script", ...(test.packages && { packages: test.packages }) },
    cpu,
    memoryBytes,
    reach: { network, servers: access.servers },
    secretFiles: secretFiles.length > 0,
    assignment: JSON.stringify(assignment),
  };
}
