// Kills the controller and its nats-server at random moments while events come in, and has the index built again in between; then
// compares what was accepted with what is stored and with what the index tells. `node test/ingest/main.ts` does it for as long as is
// asked; a test does it for half a minute.
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { kill, loseIndex, rebuildIndex } from "../faults/kills.ts";
import { randomOf } from "../faults/random.ts";
import { checkSame, checkStored } from "./check.ts";
import { forms } from "./requests.ts";
import { startSenders } from "./senders.ts";
import { byCursor, byPages, counted, inStream } from "./stored.ts";

/** `index`: it is to be built again while everything goes on. `controller and index`: its file is gone when the next one starts. */
const faults = ["controller", "nats-server", "index", "controller and index", "both"] as const;
type Fault = (typeof faults)[number];

const settleMsMax = 60_000;

export type IngestPlan = {
  /** Longer when not every kind of fault was there by then. */
  readonly seconds: number;
  readonly seed: number;
  readonly senders: number;
  /** The next fault follows the last one by this much, give or take half of it. */
  readonly faultEverySeconds: number;
};

export type IngestReport = {
  readonly faults: readonly { readonly atSeconds: number; readonly what: string }[];
  readonly counts: Readonly<Record<string, number>>;
  /** Empty when every check held. */
  readonly wrong: readonly string[];
};

export async function runIngest(plan: IngestPlan, say: (line: string) => void): Promise<IngestReport> {
  await using drover = await startDrover({ DROVER_RUNTIME: "process", DROVER_EVENTS_MB: "4096" });
  const random = randomOf(plan.seed);
  const done: { atSeconds: number; what: string }[] = [];
  const beganMs = performance.now();
  const seconds = (): number => Number(((performance.now() - beganMs) / 1_000).toFixed(1));
  // Those who send draw from numbers of their own: how often they do depends on the moment.
  const senders = startSenders(plan.senders, {
    run: crypto.randomUUID(),
    url: () => drover.url,
    random: randomOf(plan.seed + 1),
  });
  const turn: Fault[] = [...faults];
  while (turn.length > 0 || seconds() < plan.seconds) {
    await delay(plan.faultEverySeconds * 1_000 * (0.5 + random()));
    const what = turn.shift() ?? faults[Math.floor(random() * faults.length)] ?? "controller";
    await inflict(what, drover, random);
    done.push({ atSeconds: seconds(), what });
    say(`${seconds()} s: ${what}; ${senders.ledger.accepted.length} requests accepted`);
  }
  await senders.stop();
  const sentSeconds = seconds();
  say(`${sentSeconds} s: all senders are answered or have given up`);
  const { counts, wrong } = await verdict(drover, senders.ledger, sentSeconds);
  return { faults: done, counts, wrong };
}

async function inflict(what: Fault, drover: Drover, random: () => number): Promise<void> {
  switch (what) {
    case "controller":
    case "nats-server":
      await kill(what, drover, random);
      return;
    case "both":
      await kill("nats-server", drover, random);
      await kill("controller", drover, random);
      return;
    case "index":
      await rebuildIndex(drover);
      return;
    case "controller and index":
      await loseIndex(drover);
  }
}

async function verdict(
  drover: Drover,
  ledger: ReturnType<typeof startSenders>["ledger"],
  sentSeconds: number,
): Promise<{ counts: Record<string, number>; wrong: string[] }> {
  const wrong = [...ledger.surprises];
  const { events: stored, batchesLeft } = await eventually(
    () => inStream(drover),
    (found) => found.batchesLeft === 0,
    settleMsMax,
  ).catch(() => inStream(drover));
  if (batchesLeft > 0) wrong.push(`${batchesLeft} messages are left in the journal of batches`);
  wrong.push(...checkStored(stored, ledger));

  const paged = await byPages(drover.url);
  if (paged.atLeast ? paged.total > stored.length : paged.total !== stored.length)
    wrong.push(`X-Total-Count is ${paged.total}, and ${stored.length} are stored`);
  wrong.push(...checkSame("by pages", paged.events, stored.toReversed().slice(0, paged.events.length)));
  wrong.push(...checkSame("by cursor", await byCursor(drover.url), stored));
  const perSender = Map.groupBy(stored, ({ sender }) => sender);
  for (const [sender, { length }] of perSender) {
    const count = await counted(drover.url, `sender:${sender}`);
    if (count !== length) wrong.push(`the aggregator counts ${count} of sender ${sender}, and ${length} are stored`);
  }
  const perForm = forms.map((form) => [
    `accepted requests of form ${form}`,
    ledger.accepted.filter((one) => one.form === form).length,
  ]);
  const acceptedEvents = ledger.accepted.reduce((sum, { count }) => sum + count, 0);
  return {
    wrong,
    counts: {
      ...Object.fromEntries(perForm),
      "accepted events": acceptedEvents,
      "accepted events per second": Math.round(acceptedEvents / sentSeconds),
      "requests that were repeated": ledger.repeats,
      "requests that were given up": ledger.open.length,
      "events that are stored": stored.length,
    },
  };
}
