// Arguments with which an image would reach past its container, as `docker run` and Vamp name them. A pure check of what is saved:
// none of them does anything here but `privileged`, and one that is kept and ignored would be a promise that nobody holds.
import type { Problem } from "./problem.ts";
import { shown } from "./shown.ts";

type Arguments = readonly Readonly<Record<string, string>>[];

const privileged = "privileged";
const outreaching = new Set(
  [
    "network net network-mode link add-host publish publish-all p",
    "volume volumes v volumes-from mount shm-size storage-opt",
    "cap-add cap_add security-opt security_opt userns userns_mode group-add",
    "device devices device-cgroup-rule gpus sysctl ulimit runtime",
    "pid pids-limit ipc uts cgroupns cgroup-parent oom-kill-disable oom-score-adj",
  ].flatMap((line) => line.split(" ")),
);

/** Every argument that is refused. `at`: of the list. */
export function outreachProblems(
  list: Arguments,
  at: string,
  { isImage, allowsPrivileged }: { readonly isImage: boolean; readonly allowsPrivileged: boolean },
): readonly Problem[] {
  return list.flatMap((argument, place) =>
    Object.entries(argument).flatMap(([key, value]) => {
      const problem = { path: `${at}[${place}]`, got: shown(`${key}=${value}`) };
      if (outreaching.has(plain(key))) {
        return [{ ...problem, expected: "no argument that changes how the container is kept apart", fix: "remove it" }];
      }
      if (!isPrivileged(key, value)) return [];
      if (!isImage)
        return [{ ...problem, expected: "no privileges for a script", fix: "remove it, or make the breed an image" }];
      if (allowsPrivileged) return [];
      const fix = "remove it, or allow it for this installation with DROVER_ALLOW_PRIVILEGED=true";
      return [{ ...problem, expected: "no privileged container", fix }];
    }),
  );
}

export function wantsPrivileges(list: Arguments): boolean {
  return list.some((argument) => Object.entries(argument).some(([key, value]) => isPrivileged(key, value)));
}

/** Anything but a clear no is a yes. */
function isPrivileged(key: string, value: string): boolean {
  return plain(key) === privileged && !["false", "no", "0"].includes(value.trim().toLowerCase());
}

/** `--Cap-Add` as `cap-add`. */
function plain(key: string): string {
  return key.trim().replace(/^-+/, "").toLowerCase();
}
