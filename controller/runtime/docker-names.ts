// Every name and label that this runtime gives to something in the engine, in one place. Labels are put on at creation, so
// whatever exists, half-made or not, is found again by label alone (R1).
import { createHash } from "node:crypto";
import type { InstanceSpec } from "./runtime.ts";

/** Raised when the meaning of a label changes. */
const schemaVersion = "1";

export const labelNames = {
  installation: "drover.installation",
  workflow: "drover.workflow",
  instance: "drover.instance",
  deployment: "drover.deployment",
  revision: "drover.revision",
  work: "drover.work",
  role: "drover.role",
  schema: "drover.schema",
} as const;

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
  };
}

export function holderLabels(workflow: string, installation: string): Labels {
  return { ...ownedLabels(installation, "holder"), [labelNames.workflow]: workflow };
}

export function networkLabels(installation: string): Labels {
  return ownedLabels(installation, "network");
}

/** For the `filters` of every engine call: things of this installation and no other. */
export function installationFilter(installation: string): string {
  return `${labelNames.installation}=${installation}`;
}

export const agentContainer = (installation: string, instance: string): string =>
  engineName(`drover-${installation}-${instance}`); // drover-home-hello-3fa9c1-0
export const appContainer = (installation: string, instance: string): string =>
  engineName(`drover-${installation}-${instance}.app`); // drover-home-shop-3fa9c1-0.app
export const holderContainer = (installation: string, workflow: string): string =>
  engineName(`drover-${installation}-${workflow}.holder`); // drover-home-hello.holder

function ownedLabels(installation: string, role: InstanceRole | "holder" | "network"): Labels {
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
