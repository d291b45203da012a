// From a deployment to what a runtime starts: environment, limits and the agent's assignment.
import type { Assignment } from "../../bus/assignment.ts";
import { memoryBytes } from "../../model/memory.ts";
import { wantsPrivileges } from "../../model/outreach.ts";
import { environmentOf } from "../../model/secret-needs.ts";
import { resolved } from "../../model/secret-reference.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { type InstanceSpec, StartError } from "../runtime/runtime.ts";
import { handoverOf } from "./instance-name.ts";
import { queueRules } from "./queue-rules.ts";

/** Loopback port of the gateway beside a user's own image, which cannot be told a port that is found later. */
const sidecarGatewayPort = 19_090;

export type AgentAccess = { readonly servers: readonly string[]; readonly credentials: string | null };

/**
 * The instance's name says whether it is a daemon or takes runs from the queue. Throws StartError for what was saved while the
 * installation allowed it.
 */
export function instanceSpec(
  entry: LiveWorkflow,
  instance: string,
  access: AgentAccess,
  { stopGraceMs, allowsPrivileged }: { readonly stopGraceMs: number; readonly allowsPrivileged: boolean },
): InstanceSpec {
  const { artifact, deployment } = entry;
  const privileged = wantsPrivileges([...deployment.breed.arguments, ...artifact.arguments]);
  if (privileged && !allowsPrivileged) {
    const fix = "remove it, or allow it for this installation with DROVER_ALLOW_PRIVILEGED=true";
    throw new StartError("refused", `the argument "privileged" is not allowed here; ${fix}`);
  }
  const { deployable } = deployment.breed;
  const environment = environmentOf(artifact, deployment.breed);
  const isImage = deployable.type === "container/docker";
  const assignment: Assignment = {
    workflow: artifact.name,
    instance,
    deployment: deployment.id,
    revision: deployment.workflowRevision,
    nats: access,
    work: isImage ? { kind: "sidecar" } : scriptWork(entry, instance, environment),
    gatewayPort: isImage ? sidecarGatewayPort : 0,
    stopGraceMs,
    ...(artifact.secrets && { secretFiles: artifact.secrets }),
  };
  return {
    instance,
    workflow: artifact.name,
    deployment: deployment.id,
    revision: deployment.workflowRevision,
    work: isImage
      ? {
          kind: "image",
          image: deployable.definition,
          environment: { ...resolved(environment, {}), ...sidecarEnvironment },
          privileged,
        }
      : { kind: "script", ...(deployment.packages && { packages: deployment.packages }) },
    cpu: artifact.scale.cpu,
    memoryBytes: memoryBytes(artifact.scale.memory),
    reach: { network: artifact.network, servers: access.servers },
    secretFiles: artifact.secrets !== undefined,
    assignment: JSON.stringify(assignment),
  };
}

function scriptWork(
  entry: LiveWorkflow,
  instance: string,
  environment: Readonly<Record<string, string>>,
): Assignment["work"] {
  const source = entry.deployment.breed.deployable.definition;
  switch (handoverOf(instance)) {
    case "stop":
      return { kind: "script", source, environment };
    case "drain":
      return { kind: "queue", source, environment, ...queueRules(entry), createdAt: entry.created?.at ?? null };
  }
}

/** What an image finds of Drover: the API on loopback, as a script does. */
const sidecarEnvironment = {
  VAMP_URL: `http://127.0.0.1:${sidecarGatewayPort}`,
  VAMP_NAMESPACE: "",
  VAMP_API_TOKEN: "",
};
