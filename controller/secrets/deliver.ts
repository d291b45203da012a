// What the lifecycle gets of secrets: a runtime whose images are masked, identities for agents whose secrets are there, and an answer
// to those that ask for them.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { AgentAccess } from "../lifecycle/instance-spec.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { answerSecretRequests } from "./delivery.ts";
import { maskedRuntime } from "./masked-runtime.ts";
import type { OpenedSecrets } from "./open-secrets.ts";
import { checkSecrets } from "./start-check.ts";

export type SecretDelivery = {
  readonly runtime: Runtime;
  /** Rejects with StartError when the workflow names what cannot be given to it. */
  agentAccess(workflow: string): Promise<AgentAccess>;
  stop(): void;
};

export function deliverSecrets(parts: {
  readonly nc: NatsConnection;
  readonly runtime: Runtime;
  readonly workflows: {
    get(name: string): LiveWorkflow | null;
    refresh(name: string): Promise<LiveWorkflow | null>;
  };
  readonly secrets: OpenedSecrets;
  readonly agentAccess: (workflow: string) => Promise<AgentAccess>;
  readonly log: Logger;
}): SecretDelivery {
  const { workflows, secrets } = parts;
  const requests = answerSecretRequests(parts);
  return {
    runtime: maskedRuntime(parts.runtime, parts),
    async agentAccess(workflow) {
      const entry = workflows.get(workflow);
      if (entry) checkSecrets(entry, secrets);
      return parts.agentAccess(workflow);
    },
    stop: () => requests.unsubscribe(),
  };
}
