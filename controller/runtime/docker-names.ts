// Every name and label that this runtime gives to something in the engine, in one place. Labels are put on at creation, so
// whatever exists, half-made or not, is found again by label alone (R1).
import { createHash, randomBytes } from "node:crypto";
import type { Network } from "../../model/network.ts";
import type { InstanceSpec } from "./runtime.ts";

/** Raised when the meaning of a label changes. */
const schemaVersion = "1";
const fenceNameBytes = 3;

export const labelNames = {
  installation: "drover.installation",
  workflow: "drover.workflow",
  instance: "drover.instance",
  deployment: "drover.deployment",
  revision: "drover.revision",
  work: "drover.work",
  role: "drover.role",
  network: "drover.network",
  schema: "drover.schema",
} as const;

export const npmImageRole = "npm";

export type Labels = Readonly<Record<string, string>>;

/** The containers of a script instance are its agent; those of an image instance its agent and its app. */
export type InstanceRole = "agent" | "app";

/** Labels of one container of an instance. */
export function instanceLabels(spec: InstanceSpec, options: { installation: string; role: InstanceRole }): Labels {
  return {
    ...ownedLabels(options.installation, options.role),
    [labelNames.workflow]: spec.workflow,
    [labelNames.instance]: spec.instance,
    [labelNames.deployment]: spec.deployment,
    [labelNames.revision]: String(spec.revision),
    [labelNames.work]: spec.work.kind,
    [labelNames.network]: spec.reach.network,
  };
}

export function holderLabels(workflow: string, network: Network, installation: string): Labels {
  const labels = { [labelNames.workflow]: workflow, [labelNames.network]: network };
  return { ...ownedLabels(installation, "holder"), ...labels };
}

export function fenceLabels(workflow: string, installation: string): Labels {
  return { ...ownedLabels(installation, "fence"), [labelNames.workflow]: workflow };
}

export function networkLabels(installation: string): Labels {
  return ownedLabels(installation, "network");
}

/** Labels of an image with npm packages. Containers inherit them, and have their own of the same names. */
export function npmImageLabels(installation: string): Labels {
  return ownedLabels(installation, npmImageRole);
}

/** For the `filters` of every engine call: things of this installation and no other. */
export function installationFilter(installation: string): string {
  return `${labelNames.installation}=${installation}`;
}

export const agentContainer = (installation: string, instance: string): string =>
  engineName(`drover-${installation}-${instance}`); // drover-home-hello-3fa9c1-0
export const appContainer = (installation: string, instance: string): string =>
  engineName(`drover-${installation}-${instance}.app`); // drover-home-shop-3fa9c1-0.app
export const holderContainer = (installation: string, workflow: string, network: Network): string =>
  engineName(`drover-${installation}-${workflow}${network === "bridge" ? "" : `.${network}`}.holder`); // drover-home-hello.holder

/** Several may be at work at once, so each has a name of its own. */
export const fenceContainer = (installation: string, workflow: string): string =>
  engineName(`drover-${installation}-${workflow}.fence-${randomBytes(fenceNameBytes).toString("hex")}`); // drover-home-hello.fence-7c01fa

function ownedLabels(installation: string, role: InstanceRole | "holder" | "fence" | "network" | "npm"): Labels {
  return {
    [labelNames.installation]: installation,
    [labelNames.role]: role,
    [labelNames.schema]: schemaVersion,
  };
}

/** The engine takes letters, digits, `_ . -`. Another name is made to fit; a hash keeps two such names apart. */
function engineName(name: string): string {
  const fitting = name.replaceAll(/[^a-zA-Z0-9_.-]/g, "_");
  if (fitting === name) return name;
  return `${fitting}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
