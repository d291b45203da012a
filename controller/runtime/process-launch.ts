// Starting one agent process that outlives the controller: a session of its own, output to a file, the assignment on its standard
// input.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { agentFile } from "./agent-bundle.ts";
import { packagesVariable } from "./package-files.ts";
import { type ProcessIdentity, identityOf } from "./process-tree.ts";

const ownerOnlyFile = 0o600;
/** All that an agent may see of the controller's environment; the rest could hold secrets. */
const inherited = ["PATH", "TMPDIR", "LANG", "TZ"];

export type Launched = { readonly child: ChildProcess; readonly identity: ProcessIdentity };

/** Rejects when the operating system cannot start the process. The assignment is not written yet: see `assign`. */
export async function launch(options: {
  folder: string;
  packagesDir: string | null;
  logPath: string;
}): Promise<Launched> {
  const { packagesDir } = options;
  const log = await open(options.logPath, "a", ownerOnlyFile);
  try {
    const child = spawn(process.execPath, [join(options.folder, agentFile)], {
      cwd: options.folder,
      detached: true,
      stdio: ["pipe", log.fd, log.fd],
      env: {
        ...Object.fromEntries(inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
        ...(packagesDir !== null && { [packagesVariable]: packagesDir }),
      },
    });
    await once(child, "spawn");
    child.unref();
    const pid = child.pid ?? 0;
    return { child, identity: (await identityOf(pid)) ?? { pid, startMark: "" } };
  } finally {
    await log.close();
  }
}

/** Hands the assignment over; an agent that has died already is told of by its exit, not by its broken pipe. */
export function assign(child: ChildProcess, assignment: string): void {
  child.stdin?.on("error", () => {});
  child.stdin?.end(assignment);
}
