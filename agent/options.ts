// What the agent takes from its own environment, resolved once before anything opens. Everything else it needs is in the
// assignment, and every other number is a named constant beside the code that keeps it.
import { dirname, extname, join } from "node:path";

const userCodeUid = 1000;
/** Runs at the same time take the uids above it, and 65,534 is nobody. */
const uidMax = 60_000;

export type AgentOptions = {
  /** The program that holds user code. */
  readonly runnerPath: string;
  /** Where `require` in user code finds modules. */
  readonly modulesDir: string;
  /** Where it finds the npm packages of its breed, when that has any. */
  readonly packagesDir?: string;
  /** The uid and gid of user code; null: that of the agent, which is not root and cannot change it. */
  readonly userUid: number | null;
  /**
   * Whether every process of `userUid` that the agent can see is this workflow's, as in a container of its own. Only then
   * may it end processes that left the runner's process group.
   */
  readonly ownsUser: boolean;
};

export type Surroundings = { readonly entryPath: string; readonly isRoot: boolean };

/**
 * `DROVER_AGENT_RUNNER`, `DROVER_AGENT_MODULES`: paths; by default beside the agent, as its image has them, or where the
 * sources are when the agent runs from source. `DROVER_AGENT_PACKAGES`: path, set where a breed has
 * npm packages. `DROVER_AGENT_UID`: uid of user code (1000; only root can change it).
 * `DROVER_AGENT_OWNS_USER`: `1` when nobody else uses that uid where the agent sees processes.
 * Throws an Error that names the variable, what was expected and what came.
 */
export function resolveOptions(env: NodeJS.ProcessEnv, { entryPath, isRoot }: Surroundings): AgentOptions {
  const dir = dirname(entryPath);
  const fromSource = extname(entryPath) === ".ts";
  const packagesDir = env["DROVER_AGENT_PACKAGES"];
  const userUid = isRoot ? uid(env["DROVER_AGENT_UID"]) : null;
  return Object.freeze({
    runnerPath: env["DROVER_AGENT_RUNNER"] || join(dir, fromSource ? "runner-main.ts" : "runner.cjs"),
    modulesDir: env["DROVER_AGENT_MODULES"] || join(dir, ...(fromSource ? [".."] : []), "node_modules"),
    ...(packagesDir && { packagesDir }),
    userUid,
    ownsUser: userUid !== null && env["DROVER_AGENT_OWNS_USER"] === "1",
  });
}

function uid(raw: string | undefined): number {
  if (raw === undefined || raw === "") return userCodeUid;
  const value = Number(raw);
  // User code as root could read the agent's memory, and with it the workflow's credential.
  if (Number.isInteger(value) && value >= 1 && value <= uidMax) return value;
  throw new Error(`DROVER_AGENT_UID: expected a user id from 1 to ${uidMax}, got "${raw}"`);
}
