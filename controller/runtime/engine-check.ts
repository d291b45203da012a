// Whether an engine can keep containers apart: what it says of itself. Pure.
import { type Finding, fine, warning, wrong } from "../../model/finding.ts";

/** What `network: internal` and the limits were tested with first. */
const versionMin = [20, 10];
const cgroupFix = "enable the controller of control groups in the kernel's command line (cgroup_enable=memory)";

type EngineInfo = {
  readonly Driver?: string;
  readonly SecurityOptions?: readonly string[];
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly CgroupVersion?: string;
  readonly LiveRestoreEnabled?: boolean;
};

export function engineFindings(answered: unknown, version: string): Finding[] {
  const info = answered as EngineInfo;
  const security = info.SecurityOptions ?? [];
  const has = (name: string): boolean => security.some((one) => one.startsWith(`name=${name}`));
  const limits = { memory: info.MemoryLimit, processes: info.PidsLimit, cpu: info.CpuCfsQuota };
  const absent = Object.entries(limits).flatMap(([name, there]) => (there === false ? [name] : []));
  return [
    isOld(version)
      ? warning("engine", `Docker ${version} is older than ${versionMin.join(".")}`, "install a newer engine")
      : fine(
          "engine",
          `Docker ${version} answers, storage ${info.Driver ?? "unknown"}, cgroup v${info.CgroupVersion ?? "1"}`,
        ),
    absent.length > 0
      ? wrong("limits", `the engine cannot limit ${absent.join(", ")}`, cgroupFix)
      : fine("limits", "memory, processes and cpu are limited"),
    info.SwapLimit === false
      ? warning("swap", "containers may use swap beside their memory", "turn swap off, or boot with swapaccount=1")
      : fine("swap", "counts as memory"),
    security.some((one) => one.startsWith("name=seccomp,profile=unconfined")) || !has("seccomp")
      ? wrong(
          "seccomp",
          "system calls of containers are not filtered",
          "start dockerd with its default seccomp profile",
        )
      : fine("seccomp", "the engine's profile is in force"),
    has("apparmor") || has("selinux")
      ? fine("mandatory access control", has("apparmor") ? "AppArmor" : "SELinux")
      : warning("mandatory access control", "the engine has neither AppArmor nor SELinux", "enable one in the kernel"),
    has("userns") || has("rootless")
      ? fine("user namespace", "root of a container is nobody on the host")
      : warning(
          "user namespace",
          "root of a container is root of the host to the kernel",
          'set "userns-remap" in /etc/docker/daemon.json',
        ),
  ];
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin = 0, minorMin = 0] = versionMin;
  return major < majorMin || (major === majorMin && minor < minorMin);
}
