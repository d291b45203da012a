// What the engine is asked to create, as pure functions of the instance. Nothing of the assignment is in here (I6): it goes to
// the agent's standard input after creation.
//
//   D1. An agent is root with SETUID, SETGID and KILL only, on a read-only root, so that it can put user code under another
//       uid and end it, and nothing more. User code cannot win privileges (no-new-privileges).
//   D2. A user's own image keeps the engine's default capabilities, because published images count on them (chown and bind at
//       start), less those that reach past the container; it cannot win any either, and has the same limits.
//   D3. Nothing restarts or removes itself: how it ended must stay readable until the reconciler has read it (R3).
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import {
  type InstanceRole,
  agentContainer,
  appContainer,
  holderContainer,
  holderLabels,
  instanceLabels,
} from "./docker-names.ts";
import type { InstanceSpec } from "./runtime.ts";

const mebibyte = 1024 * 1024;
const tmpMiB = 64;
/** Threads count: Node alone takes eleven, and a runner is a second Node. */
const instancePidsMax = 256;
const holderPidsMax = 8;
const openFilesMax = 4096;
/** `sleep` takes less than one; the engine asks for six at least, and runc needs some while it sets up. */
const holderMemoryBytes = 16 * mebibyte;
/** An agent that is only a gateway beside a user's image. The workflow's own limit is the image's. */
const sidecarMemoryBytes = 128 * mebibyte;
/** An agent says little for itself: user output goes to the LOGS stream. */
const agentLogMiB = 1;
/** An image's output is followed from this file; a fast writer must not rotate away what was not read yet. */
const appLogMiB = 10;
const cpuPeriodUs = 100_000;
/** The engine refuses less than a millisecond of each period. */
const cpuQuotaMinUs = 1_000;

/** Where a container gets its network from. */
export type Attachment = {
  readonly network: string;
  /** For engines in a virtual machine, whose host is reached by a name. */
  readonly extraHosts: readonly string[];
};

type Owner = { readonly installation: string; readonly agentImage: string };

/** The agent of a script, inside the network namespace of its workflow's holder. */
export function scriptAgent(spec: InstanceSpec, options: Owner & { holderId: string }): ContainerCreateOptions {
  return agent(spec, options, {
    ...memoryLimit(spec.memoryBytes),
    NetworkMode: `container:${options.holderId}`,
  });
}

/** The agent beside a user's image: it owns the network namespace that the image joins. */
export function sidecarAgent(spec: InstanceSpec, options: Owner & Attachment): ContainerCreateOptions {
  return agent(spec, options, {
    ...memoryLimit(sidecarMemoryBytes),
    NetworkMode: options.network,
    ExtraHosts: [...options.extraHosts],
  });
}

/** The user's own image, with its own command. */
export function imageApp(
  spec: InstanceSpec,
  options: { installation: string; image: string; environment: Readonly<Record<string, string>>; sidecarId: string },
): ContainerCreateOptions {
  return {
    ...named(spec, options.installation, "app"),
    Image: options.image,
    Env: Object.entries(options.environment).map(([name, value]) => `${name}=${value}`),
    HostConfig: {
      ...confined(appLogMiB),
      ...memoryLimit(spec.memoryBytes),
      ...cpuLimit(spec.cpu),
      CapDrop: ["NET_RAW", "MKNOD", "AUDIT_WRITE", "SETFCAP"],
      PidsLimit: instancePidsMax,
      NetworkMode: `container:${options.sidecarId}`,
    },
  };
}

/** Keeps a workflow's network namespace while its instances come and go. */
export function networkHolder(workflow: string, options: Owner & Attachment): ContainerCreateOptions {
  return {
    name: holderContainer(options.installation, workflow),
    Image: options.agentImage,
    Labels: { ...holderLabels(workflow, options.installation) },
    Entrypoint: ["/bin/sleep", "infinity"],
    User: "1000:1000",
    HostConfig: {
      ...confined(agentLogMiB),
      ...memoryLimit(holderMemoryBytes),
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      PidsLimit: holderPidsMax,
      NetworkMode: options.network,
      ExtraHosts: [...options.extraHosts],
    },
  };
}

/** A share of the cores, also for an update of a running container. */
export function cpuLimit(cpu: number): { CpuPeriod: number; CpuQuota: number } {
  return { CpuPeriod: cpuPeriodUs, CpuQuota: Math.max(cpuQuotaMinUs, Math.round(cpu * cpuPeriodUs)) };
}

function agent(spec: InstanceSpec, owner: Owner, host: HostConfig): ContainerCreateOptions {
  return {
    ...named(spec, owner.installation, "agent"),
    Image: owner.agentImage,
    AttachStdin: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      ...confined(agentLogMiB),
      Init: true,
      CapDrop: ["ALL"],
      CapAdd: ["SETUID", "SETGID", "KILL"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": `size=${tmpMiB}m,mode=1777,noexec,nosuid,nodev` },
      PidsLimit: instancePidsMax,
      ...host,
    },
  };
}

function named(spec: InstanceSpec, installation: string, role: InstanceRole): ContainerCreateOptions {
  const name = role === "agent" ? agentContainer : appContainer;
  return {
    name: name(installation, spec.instance),
    Labels: { ...instanceLabels(spec, { installation, role }) },
  };
}

/** What holds for every container of ours. */
function confined(logMiB: number): HostConfig {
  return {
    SecurityOpt: ["no-new-privileges"],
    Ulimits: [{ Name: "nofile", Soft: openFilesMax, Hard: openFilesMax }],
    LogConfig: { Type: "json-file", Config: { "max-size": `${logMiB}m`, "max-file": "1" } },
    RestartPolicy: { Name: "" },
    AutoRemove: false,
  };
}

/** Swap would only hide that the memory is used up, so there is none on top. */
function memoryLimit(bytes: number): HostConfig {
  return { Memory: bytes, MemorySwap: bytes };
}
