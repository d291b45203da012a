// Whether a container is kept apart as docker-specs.ts asked for: what the engine says of it, against what must hold for its role.
// A pure function, and independent of the specs: it knows what must be true, not what was written.
import type { ContainerInspectInfo, HostConfig } from "dockerode";

type Role = "agent" | "app" | "holder" | "fence";

export type Allowed = {
  /** Images may be privileged here. */
  readonly privileged: boolean;
  /** Names and ids of the installation's network. */
  readonly networks: readonly string[];
  /** Ids and names of containers of the same workflow, whose namespace may be joined. */
  readonly joinable: ReadonlySet<string>;
};

const capabilities: Readonly<Record<Role, readonly string[]>> = {
  agent: ["KILL", "SETGID", "SETUID"],
  app: [],
  holder: [],
  fence: ["NET_ADMIN"],
};
/** What an image loses of the engine's default. */
const appDrops = ["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP"];
const openFilesMax = 4_096;
const pidsMax = 256;
const opened = /^(?:seccomp|apparmor)[=:]unconfined$|^label[=:]disable$|^systempaths[=:]unconfined$/;

/** Every difference in one clause; empty when there is none. */
export function containerProblems(found: ContainerInspectInfo, role: string, allowed: Allowed): readonly string[] {
  if (!isRole(role)) return [`has the role "${role}", which Drover gives to nothing`];
  const { HostConfig: host } = found;
  if (role === "app" && host.Privileged && allowed.privileged) return [...shared(host), ...reach(host, allowed)];
  return [
    ...privileges(host, role),
    ...shared(host),
    ...mounts(found),
    ...limits(host),
    ...reach(host, allowed),
    ...(role !== "app" && !host.ReadonlyRootfs ? ["can write its root file system"] : []),
    ...(host.RestartPolicy?.Name && host.RestartPolicy.Name !== "no" ? ["is restarted by the engine"] : []),
  ];
}

function isRole(role: string): role is Role {
  return Object.hasOwn(capabilities, role);
}

function privileges(host: HostConfig, role: Role): readonly string[] {
  const added = names(host.CapAdd).filter((name) => !capabilities[role].includes(name));
  const dropped = names(host.CapDrop);
  const wanted = role === "app" ? appDrops : ["ALL"];
  const kept = dropped.includes("ALL") ? [] : wanted.filter((name) => !dropped.includes(name));
  const security: readonly string[] = host.SecurityOpt ?? [];
  return [
    ...(host.Privileged ? ["is privileged"] : []),
    ...(added.length > 0 ? [`has the capabilities ${added.join(", ")}`] : []),
    ...(kept.length > 0 ? [`does not drop the capabilities ${kept.join(", ")}`] : []),
    ...(security.some((one) => /^no-new-privileges(?:[=:]true)?$/.test(one)) ? [] : ["can win privileges"]),
    ...security.filter((one) => opened.test(one)).map((one) => `is started with ${one}`),
    ...(isOpen(fieldOf(host, "MaskedPaths")) ? ["sees masked paths of /proc"] : []),
  ];
}

/** Namespaces that are the host's or another container's. */
function shared(host: HostConfig): readonly string[] {
  const modes = {
    process: host.PidMode,
    host: host.UTSMode,
    user: host.UsernsMode,
    cgroup: fieldOf(host, "CgroupnsMode"),
  };
  return [
    ...Object.entries(modes)
      .filter(([, mode]) => typeof mode === "string" && mode !== "" && mode !== "private")
      .map(([kind, mode]) => `shares the ${kind} namespace "${String(mode)}"`),
    ...(["private", "none"].includes(host.IpcMode ?? "") ? [] : [`shares memory: IpcMode "${host.IpcMode ?? ""}"`]),
  ];
}

function mounts({ HostConfig: host, Mounts }: ContainerInspectInfo): readonly string[] {
  const paths = [
    ...(host.Binds ?? []).map((bind) => bind.split(":")[0] ?? bind),
    ...(Mounts ?? []).filter(({ Type }) => Type === "bind").map(({ Source }) => Source),
  ];
  const devices = (host.Devices ?? []) as readonly { PathOnHost?: string }[];
  return [
    ...(paths.some((path) => path.includes("docker.sock")) ? ["reaches the Docker socket, and with it this host"] : []),
    ...(paths.length > 0 ? [`mounts of the host: ${[...new Set(paths)].join(", ")}`] : []),
    ...(devices.length > 0 ? [`has devices of the host: ${devices.map((one) => one.PathOnHost).join(", ")}`] : []),
    // The agent beside an image, in whose network namespace it is, has the secrets of their workflow in memory for both.
    ...(((host.VolumesFrom ?? []) as readonly string[]).some((from) => `container:${from}` !== `${host.NetworkMode}:ro`)
      ? ["has volumes of another container"]
      : []),
  ];
}

function limits(host: HostConfig): readonly string[] {
  const ulimits = new Map((host.Ulimits ?? []).map(({ Name, Hard }) => [Name, Hard]));
  const { Memory: memory = 0, MemorySwap: swap = 0, PidsLimit: pids } = host;
  return [
    ...(memory > 0 ? [] : ["has no memory limit"]),
    ...(memory > 0 && swap !== memory ? ["may use swap"] : []),
    ...(pids && pids > 0 && pids <= pidsMax ? [] : ["has no limit of processes"]),
    ...((ulimits.get("nofile") ?? Infinity) <= openFilesMax ? [] : ["has no limit of open files"]),
    ...(Number.isFinite(ulimits.get("fsize") ?? Infinity) ? [] : ["has no limit of file size"]),
    ...(ulimits.get("core") === 0 ? [] : ["may write core dumps"]),
  ];
}

function reach(host: HostConfig, { networks, joinable }: Allowed): readonly string[] {
  const mode = host.NetworkMode ?? "";
  const joined = /^container:(.*)$/.exec(mode)?.[1];
  const published = Object.keys((host.PortBindings ?? {}) as object);
  return [
    ...((joined === undefined ? networks.includes(mode) : joinable.has(joined))
      ? []
      : [`is on the network "${mode}", which is not its workflow's`]),
    ...(published.length > 0 ? [`publishes ports: ${published.join(", ")}`] : []),
  ];
}

/** Engines from 28 on write `CAP_KILL`. */
function names(list: unknown): readonly string[] {
  return ((list ?? []) as readonly string[]).map((name) => name.toUpperCase().replace(/^CAP_/, ""));
}

/** Fields that the engine knows and the types do not. */
function fieldOf(host: HostConfig, field: string): unknown {
  return (host as Record<string, unknown>)[field];
}

/** Null where the engine says nothing of it; an empty list is what `systempaths=unconfined` makes of it. */
function isOpen(paths: unknown): boolean {
  return Array.isArray(paths) && paths.length === 0;
}
