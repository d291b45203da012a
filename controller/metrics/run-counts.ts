// How many attempts of runs began and how runs ended, by workflow: counted from the run events of the stream, none missed and none
// counted twice while this controller lives, whoever emits them.
//
//   N1. What an agent says is counted by its message id and subject alone; only what the controller itself says is decoded, to learn
//       the workflow. So a run costs next to nothing here.
//   N2. An agent can claim what it wants of runs, but only in the name of its own workflow.
import { type ConsumerMessages, type JsMsg, DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readingOptions } from "../../bus/reading.ts";
import { controllerOwner, eventsStream, ownerOf, runEvents } from "../../bus/subjects.ts";
import { fromCloudEvent } from "../../model/cloud-event.ts";
import { type RunState, isRunReport } from "../../model/run.ts";
import { type Family, counter, samplesBy } from "./family.ts";
import { createNamedCounts } from "./named-counts.ts";

const workflowsMax = 500;
const outcomes = [
  "completed",
  "failed",
  "timed-out",
  "stopped",
  "dead",
  "skipped",
  "refused",
] as const satisfies RunState[];
type Kind = (typeof outcomes)[number] | "started" | "again";
/** `<run>.<attempt>.<state>`, see model/run.ts. */
const messageIdForm = /\.(\d+)\.([a-z-]+)$/;

export type RunCounts = { families(): Family[]; stop(): Promise<void> };

export async function startRunCounts(nc: NatsConnection): Promise<RunCounts> {
  const counts = createNamedCounts<Kind>(workflowsMax);
  const consumer = await jetstream(nc).consumers.get(eventsStream, {
    filter_subjects: runEvents(),
    deliver_policy: DeliverPolicy.New,
  });
  const reading: ConsumerMessages = await consumer.consume({ ...readingOptions, callback: take });

  return {
    families: () => [
      counter(
        "drover_runs_total",
        "Runs that ended, by outcome; failed and timed-out are attempts that are made again, and ends of daemons' code.",
        outcomes.flatMap((outcome) =>
          counts.of(outcome).map(([workflow, value]) => ({ labels: { workflow, outcome }, value })),
        ),
      ),
      counter("drover_run_attempts_total", "Attempts of runs that began.", samplesBy("workflow", counts.of("started"))),
      counter(
        "drover_run_redeliveries_total",
        "Attempts that were not a run's first: it was given again after a failure, after its host died, or by hand.",
        samplesBy("workflow", counts.of("again")),
      ),
    ],
    stop: async () => void (await reading.close()),
  };

  function take(message: JsMsg): void {
    const [, attempt, state] = messageIdForm.exec(message.headers?.get("Nats-Msg-Id") ?? "") ?? [];
    const isStart = state === "started";
    const outcome = outcomes.find((one) => one === state);
    if (!isStart && outcome === undefined) return;
    const workflow = workflowOf(message);
    if (workflow === null) return;
    counts.add(workflow, outcome ?? "started");
    if (isStart && Number(attempt) > 1) counts.add(workflow, "again");
  }
}

function workflowOf(message: JsMsg): string | null {
  const owner = ownerOf(message.subject);
  if (owner !== controllerOwner) return owner;
  const value = fromCloudEvent(message.data, owner)?.value;
  return isRunReport(value) ? value.workflow : null;
}
