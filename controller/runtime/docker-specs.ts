// What the engine is asked to create, as pure functions of the instance. Nothing of the assignment is in here (I6): it goes to
// the agent's standard input after creation.
//
//   D1. An agent is root with SETUID, SETGID and KILL only, on a read-only root, so that it can put user code under another
//       uid and end it, and nothing more. User code cannot win privileges (no-new-privileges).
//   D2. A user's own image keeps the engine's default capabilities, because published images count on them (chown and bind at
//       start), less those that reach past the container; it cannot win any either, and has the same limits. One that is
//       privileged, which the installation must allow, has all of them.
//   D3. Every container has all limits that the engine knows, none shares a process, IPC or mount namespace, and none mounts anything
//       of the host. The engine's seccomp and AppArmor profiles and its masked paths are its defaults; nothing here touches them.
//   D4. Nothing restarts or removes itself: how it ended must stay readable until the reconciler has read it (R3).
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { Network } from "../../model/network.ts";
import {
  type InstanceRole,
  agentContainer,
  appContainer,
  fenceContainer,
  fenceLabels,
  holderContainer,
  holderLabels,
  instanceLabels,
} from "./docker-names.ts";
import type { InstanceSpec, InstanceWork } from "./runtime.ts";

const mebibyte = 1024 * 1024;
const tmpMiB = 64;
/** Shared memory counts as memory, too; this keeps it from hiding there. */
const sharedMemoryMiB = 16;
/** Where secrets are files, and room for all that are delivered, however small each is. */
const secretsDir = "/run/secrets";
const secretsOptions = "size=4m,noexec,nosuid,nodev";
/** Group of user code: what is written there is to be read by it (agent/secret-files.ts). */
const userGid = 1000;
/** Of one file. /tmp is smaller; this holds for an image, whose root can be written. */
const fileBytesMax = 1_024 * mebibyte;
/** Threads count: Node alone takes eleven, and a runner is a second Node. */
const instancePidsMax = 256;
const holderPidsMax = 8;
const openFilesMax = 4096;
/** `sleep` and `nft` take little; the engine asks for six at least, and runc needs some while it sets up. */
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
    ...(spec.secretFiles && { Mounts: [sharedSecrets(options.installation)] }),
    NetworkMode: options.network,
    ExtraHosts: [...options.extraHosts],
  });
}

/** The user's own image, with its own command. */
export function imageApp(
  spec: InstanceSpec,
  options: Extract<InstanceWork, { kind: "image" }> & { installation: string; sidecarId: string },
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
      ...(options.privileged && { Privileged: true, CapDrop: [], SecurityOpt: [] }),
      PidsLimit: instancePidsMax,
      ...(spec.secretFiles && { VolumesFrom: [`${options.sidecarId}:ro`] }),
      NetworkMode: `container:${options.sidecarId}`,
    },
  };
}

/** Keeps a workflow's network namespace while its instances come and go. */
export function networkHolder(workflow: string, network: Network, options: Owner & Attachment): ContainerCreateOptions {
  return {
    name: holderContainer(options.installation, workflow, network),
    Image: options.agentImage,
    Labels: { ...holderLabels(workflow, network, options.installation) },
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

/** Puts packet rules up in a network namespace (`container:<id>`, or `none` for one of its own), and ends. */
export function namespaceFence(
  workflow: string,
  options: Owner & { readonly namespace: string; readonly rules: string },
): ContainerCreateOptions {
  return {
    name: fenceContainer(options.installation, workflow),
    Image: options.agentImage,
    Labels: { ...fenceLabels(workflow, options.installation) },
    Entrypoint: ["/usr/sbin/nft", options.rules],
    User: "0:0",
    HostConfig: {
      ...confined(agentLogMiB),
      ...memoryLimit(holderMemoryBytes),
      CapDrop: ["ALL"],
      CapAdd: ["NET_ADMIN"],
      ReadonlyRootfs: true,
      PidsLimit: holderPidsMax,
      NetworkMode: options.namespace,
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
      Tmpfs: {
        "/tmp": `size=${tmpMiB}m,mode=1777,noexec,nosuid,nodev`,
        ...(spec.secretFiles && spec.work.kind === "script" && { [secretsDir]: ownSecrets }),
      },
      PidsLimit: instancePidsMax,
      ...host,
    },
  };
}

/** With the set-group-id bit. */
const ownSecrets = `${secretsOptions},mode=2750,uid=0,gid=${userGid}`;

/** A volume without a name in memory, for two containers: it is there while one of them runs, and goes with the last of them. */
function sharedSecrets(installation: string): NonNullable<HostConfig["Mounts"]>[number] {
  const DriverConfig = { Name: "local", Options: { type: "tmpfs", device: "tmpfs", o: `${secretsOptions},mode=755` } };
  const VolumeOptions = { NoCopy: true, Labels: { "drover.installation": installation }, DriverConfig };
  return { Type: "volume", Source: "", Target: secretsDir, VolumeOptions };
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
    Ulimits: [
      { Name: "nofile", Soft: openFilesMax, Hard: openFilesMax },
      { Name: "fsize", Soft: fileBytesMax, Hard: fileBytesMax },
      { Name: "core", Soft: 0, Hard: 0 },
    ],
    ShmSize: sharedMemoryMiB * mebibyte,
    IpcMode: "private",
    ...privateCgroups,
    LogConfig: { Type: "json-file", Config: { "max-size": `${logMiB}m`, "max-file": "1" } },
    RestartPolicy: { Name: "" },
    AutoRemove: false,
  };
}

/** Known to engines from 20.10 on, and not yet to the types; an earlier one passes over it. */
const privateCgroups = { CgroupnsMode: "private" } as HostConfig;

/** Swap would only hide that the memory is used up, so there is none on top. */
function memoryLimit(bytes: number): HostConfig {
  return { Memory: bytes, MemorySwap: bytes };
}
