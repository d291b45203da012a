// The secrets of the workflow: asked for once when the agent starts, opened, and kept in memory for as long as it lives. So user code
// is started again without them being asked for, also while the controller is away.
//
//   C1. Nothing but this process and user code ever has them in the clear; files of them are in memory only (secret-files.ts).
//   C2. A controller that does not answer is waited for; one that refuses says why, and the agent ends with that.
import { errors } from "@nats-io/nats-core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Assignment } from "../bus/assignment.ts";
import { type SecretsReply, type SecretsRequest, createReceiver } from "../bus/secret-delivery.ts";
import { secretsSubject } from "../bus/subjects.ts";
import { type Mask, createMask, noMask } from "../model/mask.ts";
import { type SecretValues, referencesIn, resolved } from "../model/secret-reference.ts";
import type { Connection } from "./connection.ts";

const answerWaitMs = 5_000;
const retryWaitMs = 250;
/** A controller that is started again is back within a fraction of this. */
const giveUpMs = 60_000;

export type Received = {
  /** With the values in its environment, where it was given references. */
  readonly assignment: Assignment;
  readonly values: SecretValues;
  readonly mask: Mask;
};

/** Rejects when they cannot be had. */
export async function receiveSecrets(assignment: Assignment, connection: Connection): Promise<Received> {
  const { work, secretFiles = [] } = assignment;
  const environment = work.kind === "sidecar" ? {} : work.environment;
  const needsNone = secretFiles.length === 0 && referencesIn(Object.values(environment)).length === 0;
  const values = needsNone ? {} : await ask(assignment, connection);
  return {
    assignment:
      work.kind === "sidecar"
        ? assignment
        : { ...assignment, work: { ...work, environment: resolved(environment, values) } },
    values,
    mask: needsNone ? noMask : createMask(Object.values(values).flatMap((byKey) => Object.values(byKey))),
  };
}

async function ask({ workflow, instance, deployment }: Assignment, connection: Connection): Promise<SecretValues> {
  const untilMs = performance.now() + giveUpMs;
  const receiver = createReceiver({ workflow, instance });
  const request: SecretsRequest = { instance, deployment, publicKey: receiver.publicKey };
  for (;;) {
    const reply = await answerTo(request, workflow, connection);
    if (reply?.kind === "sealed") return receiver.open(reply);
    if (reply?.kind === "refused") throw new Error(`the secrets of this workflow cannot be had: ${reply.reason}`);
    if (performance.now() >= untilMs)
      throw new Error(`no controller that can open the secrets answered within ${giveUpMs} ms`);
    if (connection.online) await sleep(retryWaitMs);
    else await connection.change(answerWaitMs);
  }
}

/** Null: nobody answers. */
async function answerTo(
  request: SecretsRequest,
  workflow: string,
  { nc, online }: Connection,
): Promise<SecretsReply | null> {
  if (!online) return null;
  try {
    const reply = await nc.request(secretsSubject(workflow), JSON.stringify(request), { timeout: answerWaitMs });
    return reply.json<SecretsReply>();
  } catch (error) {
    if (error instanceof errors.TimeoutError || error instanceof errors.RequestError) return null;
    throw error;
  }
}
