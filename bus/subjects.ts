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

export const bucketNames = ["breeds", "workflows", "secrets", "keys", "tokens", "slots", "leader"] as const;
export type BucketName = (typeof bucketNames)[number];
/** The stream behind a bucket, and where in it the entries of one key are. */
export const bucketStream = (bucket: BucketName): string => `KV_${bucket}`; // KV_secrets
export const bucketKey = (bucket: BucketName, key: string): string => `$KV.${bucket}.${key}`; // $KV.secrets.github

export const eventSubject = (owner: string, type: string): string => `event.${token(owner)}.${typeTokens(type)}`; // event.hello.my_type
export const eventsOf = (owner: string): string => `event.${token(owner)}.>`; // event.hello.>
/** Events of one type, whoever emits them. */
export const eventsOfType = (type: string): string => `event.*.${typeTokens(type)}`; // event.*.my_type
export const allEvents = (): string => "event.>";
/** Events of type `run`, whoever emits them. */
export const runEvents = (): string => "event.*.run";

export const runSubject = (workflow: string, run: string): string => `run.${token(workflow)}.${token(run)}`; // run.hello.r-7f3a
export const runsOf = (workflow: string): string => `run.${token(workflow)}.>`; // run.hello.>
export const allRuns = (): string => "run.>";
/** The durable consumer of one workflow's queue. */
export const runsConsumer = (workflow: string): string => token(workflow); // hello
/** Asks a consumer for its next messages; the answer comes to the reply subject. */
export const nextOf = (stream: string, consumer: string): string => `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`; // $JS.API.CONSUMER.MSG.NEXT.EVENTS.Xc3
export const nextRuns = (workflow: string): string => nextOf(runsStream, runsConsumer(workflow)); // $JS.API.CONSUMER.MSG.NEXT.RUNS.hello
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
/** What one run wrote, whichever workflow it is of. */
export const logsOfRun = (run: string): string => `log.*.${token(run)}`; // log.*.7f3a
export const allLogs = (): string => "log.>";

export const reportSubject = (workflow: string, instance: string): string =>
  `agent.${token(workflow)}.${token(instance)}.report`; // agent.hello.hello-3fa9c1-0.report
export const reportsOf = (workflow: string): string => `agent.${token(workflow)}.*.report`;
export const allReports = (): string => "agent.*.*.report";
/** Asks every agent to report now; a controller that has just started sends it. */
export const reportRequest = (): string => "agents.report";

/** What the controller tells the agents of one workflow. */
export const controlSubject = (workflow: string): string => `agent.${token(workflow)}.control`; // agent.hello.control

/** Calls of a breed under test come to the controller that has begun the test, and to no other. */
export const apiSubject = (owner: string): string =>
  isTestOwner(owner) ? `test.${token(owner)}.api` : `api.${token(owner)}`; // api.hello, test.-test-6f2c01ab.api
export const allApi = (): string => "api.*";

/** An instance asks for the secrets that its workflow names; that of a test asks the controller that has begun it. */
export const secretsSubject = (owner: string): string =>
  isTestOwner(owner) ? `test.${token(owner)}.secrets` : `secrets.${token(owner)}`; // secrets.hello, test.-test-6f2c01ab.secrets
export const allSecretRequests = (): string => "secrets.*";

/** The owner of everything that a test of a breed says; no workflow has such a name, since none begins with a dash. */
export const testOwner = (test: string): string => `${testOwnerPrefix}${test}`; // -test-6f2c01ab
const testOwnerPrefix = "-test-";
export const isTestOwner = (owner: string): boolean => owner.startsWith(testOwnerPrefix);
/** How the runs of a test go, told to the controller that has begun it. */
export const testReportSubject = (owner: string): string => `test.${token(owner)}.report`; // test.-test-6f2c01ab.report

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
