// The durable consumer of each workflow that has or lately had work: agents take its runs from there.
//
//   C1. What is done to one workflow's consumer is done one after the other.
//   C2. A consumer is removed only while nothing waits, nothing is under way, and no agent asks for more: what an agent took
//       from a consumer that is gone could not be acknowledged, and would be given to another.
import { type ConsumerInfo, AckPolicy, DeliverPolicy, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/nats-core";
import { runsConsumer, runsOf, runsStream } from "../../bus/subjects.ts";

/** Kept alive by agents every 3 s; a run whose container died is given again after this. */
const ackWaitMs = 10_000;
/** Runs that wait for a retry count as under way, so the bound is far above what agents do at once. */
const underWayMax = 10_000;
/** Requests of agents for more that wait at once: one or two for each instance. */
const requestsWaitingMax = 2_048;
const consumerNotFound = 10_014;

export type RunConsumers = {
  prepare(workflow: string, limits: { readonly underWayMax: number }): Promise<ConsumerInfo>;
  /** Null when there is none. */
  info(workflow: string): Promise<ConsumerInfo | null>;
  /** True when it is gone. */
  release(workflow: string): Promise<boolean>;
  /** Removes the consumer, whatever it has to do, and calls `then` before anybody can make it again; null when it `isWanted` by then. */
  replaced<T>(workflow: string, isWanted: () => boolean, then: () => Promise<T>): Promise<T | null>;
};

export function createRunConsumers(nc: NatsConnection): RunConsumers {
  const last = new Map<string, Promise<unknown>>();
  const manager = () => jetstreamManager(nc, { checkAPI: false });

  return {
    prepare: (workflow, limits) =>
      inTurn(workflow, async () => {
        const jsm = await manager();
        return jsm.consumers.add(runsStream, {
          durable_name: runsConsumer(workflow),
          filter_subject: runsOf(workflow),
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.All,
          ack_wait: nanos(ackWaitMs),
          max_deliver: -1,
          max_ack_pending: Math.min(limits.underWayMax, underWayMax),
          max_waiting: requestsWaitingMax,
        });
      }),
    info,
    release: (workflow) =>
      inTurn(workflow, async () => {
        const found = await info(workflow);
        if (found === null) return true;
        if (workIn(found) > 0 || found.num_waiting > 0) return false;
        await remove(workflow);
        return true;
      }),
    replaced: (workflow, isWanted, then) =>
      inTurn(workflow, async () => {
        if (isWanted()) return null;
        await remove(workflow);
        return then();
      }),
  };

  async function info(workflow: string): Promise<ConsumerInfo | null> {
    const jsm = await manager();
    return jsm.consumers.info(runsStream, runsConsumer(workflow)).catch(nullIfNotFound);
  }

  async function remove(workflow: string): Promise<void> {
    const jsm = await manager();
    await jsm.consumers.delete(runsStream, runsConsumer(workflow)).catch(nullIfNotFound);
  }

  function inTurn<T>(workflow: string, act: () => Promise<T>): Promise<T> {
    const turn = (last.get(workflow) ?? Promise.resolve()).then(act, act);
    last.set(workflow, turn);
    const forget = (): void => {
      if (last.get(workflow) === turn) last.delete(workflow);
    };
    turn.then(forget, forget);
    return turn;
  }
}

/** Runs that wait in the consumer or are under way. */
export function workIn({ num_pending, num_ack_pending }: ConsumerInfo): number {
  return num_pending + num_ack_pending;
}

function nullIfNotFound(error: unknown): null {
  if ((error as { code?: number }).code === consumerNotFound) return null;
  throw error;
}
