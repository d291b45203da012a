// The process of a nats-server, known by plain data, so that a controller that was killed finds the server it had started.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** A process and when it started, in kernel ticks: a reused process id has another start. */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: string };

const pollMs = 20;

/** Starts the server in a process group of its own, so that a signal to the controller's terminal does not reach it. */
export function spawnServer(binary: string, configPath: string, logPath: string): ChildProcess {
  const log = openSync(logPath, "a", 0o600);
  try {
    const child = spawn(binary, ["-c", configPath], {
      detached: true,
      stdio: ["ignore", log, log],
      env: environmentWithoutOurs(),
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Our own settings are none of the server's business, and keys are among them. */
function environmentWithoutOurs(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DROVER_")));
}

/** The identity of a live process, or null when there is none. Zombies count as gone. */
export function identify(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : { pid, startTicks: fields[19] ?? "" };
  } catch {
    return withoutProc(pid);
  }
}

/** Where there is no /proc (macOS), being alive must do. */
function withoutProc(pid: number): ProcessIdentity | null {
  if (process.platform === "linux") return null;
  try {
    process.kill(pid, 0);
    return { pid, startTicks: "" };
  } catch {
    return null;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== null && now.startTicks === identity.startTicks;
}

/** SIGTERM lets JetStream write its state; SIGKILL after `graceMs`. Resolves when the process is gone. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (!isAlive(identity)) return;
  process.kill(identity.pid, "SIGTERM");
  const deadlineMs = Date.now() + graceMs;
  let killed = false;
  while (isAlive(identity)) {
    if (!killed && Date.now() > deadlineMs) {
      process.kill(identity.pid, "SIGKILL");
      killed = true;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
