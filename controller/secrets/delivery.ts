// Answers the agents that ask for the secrets of their workflow.
//
//   D1. Who asks is proved by the subject, and the answer goes to the inbox of that workflow and nowhere else. What is answered is
//       what the stored workflow names, never what the asker would like.
//   D2. Each answer is sealed for the instance that asks (bus/secret-delivery.ts).
//   D3. Every controller answers whose vault is open, so that one that has the key is enough; the agent takes the first answer.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { Logger } from "pino";
import { type SecretsReply, type SecretsRequest, deliveredBytesMax, sealFor } from "../../bus/secret-delivery.ts";
import { allSecretRequests, inboxPrefix, ownerOf, secretsSubject } from "../../bus/subjects.ts";
import { isObject } from "../../model/reader.ts";
import { type SecretNeeds, needsOf } from "../../model/secret-needs.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { missingIn } from "./missing.ts";
import type { OpenedSecrets } from "./open-secrets.ts";

type Parts = {
  readonly nc: NatsConnection;
  readonly secrets: Pick<OpenedSecrets, "get" | "values" | "vault">;
  readonly log: Logger;
};

/** For all workflows. */
export function answerSecretRequests(
  parts: Parts & { readonly workflows: { refresh(name: string): Promise<LiveWorkflow | null> } },
): Subscription {
  return answering(parts, allSecretRequests(), async (workflow, { deployment }) => {
    const entry = await parts.workflows.refresh(workflow);
    if (entry?.deployment.id !== deployment) return `deployment ${deployment} is not the present one of ${workflow}`;
    return needsOf(entry.artifact, entry.deployment.breed);
  });
}

/** For a test of a breed that this controller has begun. */
export function answerTestSecrets(parts: Parts, owner: string, needs: SecretNeeds): Subscription {
  return answering(parts, secretsSubject(owner), () => Promise.resolve(needs));
}

/** `needsFor` may answer with the reason why there is nothing to get. */
function answering(
  { nc, secrets, log }: Parts,
  subject: string,
  needsFor: (owner: string, request: SecretsRequest) => Promise<SecretNeeds | string>,
): Subscription {
  return nc.subscribe(subject, {
    callback: (error, msg) => {
      const owner = ownerOf(msg.subject);
      if (error || !msg.reply?.startsWith(`${inboxPrefix(owner)}.`) || secrets.vault.kind === "locked") return;
      answer(owner, msg)
        .then((reply) => msg.respond(JSON.stringify(reply)))
        .catch((problem: unknown) => log.warn({ owner, error: String(problem) }, "a request for secrets failed"));
    },
  });

  async function answer(owner: string, msg: Msg): Promise<SecretsReply> {
    const request = requestIn(msg);
    if (request === null) return refused("this is no request for secrets");
    const needs = await needsFor(owner, request);
    if (typeof needs === "string") return refused(needs);
    const values = await secrets.values(needs);
    const [missing] = missingIn(needs, secrets);
    if (missing !== undefined) return refused(missing.reason);
    const bytes = Buffer.byteLength(JSON.stringify(values));
    if (bytes > deliveredBytesMax)
      return refused(`the secrets of ${owner} take ${bytes} bytes, and ${deliveredBytesMax} are delivered at most`);
    return sealFor({ workflow: owner, instance: request.instance }, request.publicKey, values);
  }
}

function requestIn(msg: Msg): SecretsRequest | null {
  const raw: unknown = msg.json();
  if (!isObject(raw)) return null;
  const { instance, deployment, publicKey } = raw;
  const isOne = [instance, deployment, publicKey].every((one) => typeof one === "string");
  return isOne ? (raw as SecretsRequest) : null;
}

function refused(reason: string): SecretsReply {
  return { kind: "refused", reason };
}
