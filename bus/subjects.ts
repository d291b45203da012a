// Every name that goes over NATS, each a function with its literal as the comment. Nothing else spells a subject.
//
//   S1. The token after `event.`, `log.`, `agent.` and `api.` is the owner. An identity may publish only under its own owner
//       token, so the owner is proved by the server and the payload's own claim is not believed.
//   S2. A word that NATS cannot carry (dots, spaces, wildcards, empty) is percent-encoded, so one word is one token.

/** The owner token of events that the controller itself accepted or made; no workflow may have this name. */
export const controllerOwner = "-";

export const eventsStream = "EVENTS";
export const runsStream = "RUNS";
export const logsStream = "LOGS";
/** Batches of events that are being stored, so that each of them becomes visible whole or not at all. */
export const batchesStream = "BATCHES";

export const bucketNames = ["breeds", "workflows", "secrets", "keys", "slots", "leader"] as const;
export type BucketName = (typeof bucketNames)[number];

export const eventSubject = (owner: string, type: string): string => `event.${token(owner)}.${typeTokens(type)}`; // event.hello.my_type
export const eventsOf = (owner: string): string => `event.${token(owner)}.>`; // event.hello.>
export const allEvents = (): string => "event.>";
/** Events of type `run`, whoever emits them. */
export const runEvents = (): string => "event.*.run";

export const runSubject = (workflow: string, run: string): string => `run.${token(workflow)}.${token(run)}`; // run.hello.r-7f3a
export const runsOf = (workflow: string): string => `run.${token(workflow)}.>`; // run.hello.>
export const allRuns = (): string => "run.>";
/** The durable consumer of one workflow's queue. */
export const runsConsumer = (workflow: string): string => token(workflow); // hello
/** Asks for the next runs; the answer comes to the reply subject. */
export const nextRuns = (workflow: string): string =>
  `$JS.API.CONSUMER.MSG.NEXT.${runsStream}.${runsConsumer(workflow)}`; // $JS.API.CONSUMER.MSG.NEXT.RUNS.hello
/** Acknowledgements of one workflow's runs. */
export const runAcks = (workflow: string): string => `$JS.ACK.${runsStream}.${runsConsumer(workflow)}.>`; // $JS.ACK.RUNS.hello.>

/** The durable consumer through which all events pass to the triggers. */
export const triggersConsumer = "triggers";

/** One part of a batch that the controller of an installation is storing; it is complete when all parts are there. */
export const batchPartSubject = (installation: string, batch: string, part: number, of: number): string =>
  `batch.${token(installation)}.${token(batch)}.${part}.${of}`; // batch.6f2c01ab.9d3e.1.2
export const allBatches = (): string => "batch.>";

export const logSubject = (workflow: string, run: string): string => `log.${token(workflow)}.${token(run)}`; // log.hello.7f3a
export const logsOf = (workflow: string): string => `log.${token(workflow)}.>`; // log.hello.>
export const allLogs = (): string => "log.>";

export const reportSubject = (workflow: string, instance: string): string =>
  `agent.${token(workflow)}.${token(instance)}.report`; // agent.hello.hello-3fa9c1-0.report
export const reportsOf = (workflow: string): string => `agent.${token(workflow)}.*.report`;
export const allReports = (): string => "agent.*.*.report";
/** Asks every agent to report now; a controller that has just started sends it. */
export const reportRequest = (): string => "agents.report";

/** What the controller tells the agents of one workflow. */
export const controlSubject = (workflow: string): string => `agent.${token(workflow)}.control`; // agent.hello.control

export const apiSubject = (workflow: string): string => `api.${token(workflow)}`; // api.hello
export const allApi = (): string => "api.*";

/** Where replies to one workflow's requests arrive; no other identity may listen there. */
export const inboxPrefix = (owner: string): string => `_INBOX_${token(owner)}`; // _INBOX_hello.>

/** The owner token of a subject, decoded: `event.hello.my_type` → `hello`. */
export function ownerOf(subject: string): string {
  return decodeURIComponent(subject.split(".", 2)[1] ?? "");
}

/** The type that the subject of an event names: `event.hello.my_type` → `my_type`. */
export function typeOf(subject: string): string {
  const words = subject.split(".").slice(2);
  return words.map((word) => (word === "%00" ? "" : decodeURIComponent(word))).join(".");
}

/** One word as one NATS token: everything but letters, digits, `_` and `-` is percent-encoded; the empty word is `%00`. */
export function token(word: string): string {
  if (word === "") return "%00";
  return encodeURIComponent(word).replace(/[.!~*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A dotted event type keeps its dots as token borders, so that `event.*.crm.>` works; each word is encoded by itself. */
function typeTokens(type: string): string {
  return type.split(".").map(token).join(".");
}
