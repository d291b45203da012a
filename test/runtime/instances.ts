// Specs of instances for tests, and waiting for a state: it looks when the runtime says that something happened, never by the clock.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type AgentEntries, agentEntries } from "../../controller/runtime/agent-bundle.ts";
import type { Instance, InstanceSpec, Runtime } from "../../controller/runtime/runtime.ts";

const waitMsMax = 20_000;
export const megabyte = 1024 * 1024;

/** The agent that does as its assignment says, beside the real client. */
export const fixtureEntries: AgentEntries = {
  ...agentEntries,
  agent: join(import.meta.dirname, "fixture/agent.ts"),
  runner: join(import.meta.dirname, "fixture/runner.ts"),
};

/** What the fixture agent is told. */
export type Orders = {
  readonly say?: string;
  readonly exitCode?: number;
  readonly deaf?: boolean;
  readonly hoard?: boolean;
};

export function specOf(changes: Partial<InstanceSpec> & { orders?: Orders } = {}): InstanceSpec {
  const { orders = {}, ...rest } = changes;
  const workflow = rest.workflow ?? "hello";
  return {
    instance: `${workflow}-${randomUUID().slice(0, 8)}-0`,
    workflow,
    deployment: "3fa9c1",
    revision: 7,
    work: { kind: "script" },
    cpu: 0.5,
    memoryBytes: 96 * megabyte,
    reach: { network: "bridge", servers: ["nats://127.0.0.1:4222"] },
    assignment: JSON.stringify(orders),
    ...rest,
  };
}

export async function instanceNamed(runtime: Runtime, name: string): Promise<Instance | undefined> {
  return (await runtime.list()).instances.find(({ instance }) => instance === name);
}

/** The first state of this instance that fits; fails with the last state seen when none does in time. */
export async function untilInstance(
  runtime: Runtime,
  name: string,
  fits: (instance: Instance | undefined) => boolean,
): Promise<Instance | undefined> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(waitMsMax)]);
  let last: Instance | undefined;
  try {
    for await (const _ of runtime.events(signal)) {
      last = await instanceNamed(runtime, name);
      if (fits(last)) return last;
    }
  } finally {
    done.abort();
  }
  throw new Error(`${name} did not get there within ${waitMsMax} ms; it is ${JSON.stringify(last?.state)}`);
}

export async function untilExited(runtime: Runtime, name: string): Promise<Instance | undefined> {
  return untilInstance(runtime, name, (instance) => instance?.state.kind === "exited");
}

/** Waits until the agent itself has said so: its handlers for signals are in place then. */
export async function untilWaiting(runtime: Runtime, name: string): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax;
  while (!(await runtime.lastLines(name, 5)).includes("waiting")) {
    if (performance.now() > deadlineMs) throw new Error(`${name} never said that it waits`);
  }
}
