// What exists of an installation, from one list call; how a container ended is asked for once and remembered.
//
//   V1. An instance is never shown in better health than it is: one whose network holder ended counts as exited, whatever its
//       own process does, because nothing reaches it any more.
//   V2. An image instance is its agent and its app together: exited when one of them has ended, running when both run.
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import { tolerating } from "./docker-errors.ts";
import { type InstanceRole, installationFilter, labelNames } from "./docker-names.ts";
import type { Instance, InstanceState, Inventory } from "./runtime.ts";

const engineAnswerMs = 30_000;
const endedStates = new Set(["exited", "dead", "removing"]);
/** Of an instance that is lost while its process may still run. */
const noExitCode = -1;

type Exited = Extract<InstanceState, { kind: "exited" }>;
type Part = { readonly role: InstanceRole; readonly container: ContainerInfo; readonly state: InstanceState };

/** Returns the runtime's `list`. */
export function createDockerInventory(docker: Docker, options: { installation: string }): () => Promise<Inventory> {
  /** By container id; holds only containers that the last list showed. */
  let endings = new Map<string, Exited>();

  return async () => {
    const containers = await docker.listContainers({
      all: true,
      filters: { label: [installationFilter(options.installation)] },
      abortSignal: AbortSignal.timeout(engineAnswerMs),
    });
    const holders = containers.filter((container) => roleOf(container) === "holder");
    const fences = containers.filter((one) => roleOf(one) === "fence" && one.Labels[labelNames.workflow] !== "");
    const alive = new Set(holders.filter((holder) => holder.State === "running").map((holder) => holder.Id));
    const parts = await Promise.all(containers.map((container) => partOf(container, alive)));
    const present = new Set(containers.map((container) => container.Id));
    endings = new Map([...endings].filter(([id]) => present.has(id)));
    return {
      instances: merge(parts.filter((part) => part !== null)),
      holders: [...new Set([...holders, ...fences].map((one) => one.Labels[labelNames.workflow] ?? ""))],
    };
  };

  /** Null for what is no part of an instance, and for a container that was removed while it was looked at. */
  async function partOf(container: ContainerInfo, holders: ReadonlySet<string>): Promise<Part | null> {
    const role = roleOf(container);
    if (role !== "agent" && role !== "app") return null;
    if (endedStates.has(container.State)) {
      const state = endings.get(container.Id) ?? (await ending(container.Id));
      return state && { role, container, state: remember(container.Id, state) };
    }
    if (container.State === "created") return { role, container, state: { kind: "created" } };
    if (isScript(container) && !holders.has(joinedBy(container))) {
      const state = endings.get(container.Id) ?? lost(container, "its network holder ended");
      return { role, container, state: remember(container.Id, state) };
    }
    return { role, container, state: { kind: "running", startedAt: createdAt(container) } };
  }

  function remember(id: string, state: Exited): Exited {
    endings.set(id, state);
    return state;
  }

  async function ending(id: string): Promise<Exited | null> {
    const abortSignal = AbortSignal.timeout(engineAnswerMs);
    const found = await tolerating([404], docker.getContainer(id).inspect({ abortSignal }));
    if (!found) return null;
    const { ExitCode, OOMKilled, StartedAt, FinishedAt, Error: startFailure } = found.State;
    const how = OOMKilled ? "killed: out of memory" : `exited with code ${ExitCode}`;
    return {
      kind: "exited",
      exitCode: ExitCode,
      outOfMemory: OOMKilled,
      startedAt: StartedAt,
      finishedAt: FinishedAt,
      reason: startFailure || how,
    };
  }
}

function merge(parts: readonly Part[]): Instance[] {
  const byInstance = Map.groupBy(parts, (part) => part.container.Labels[labelNames.instance] ?? "");
  return [...byInstance].map(([instance, group]) => {
    const labels = group[0]?.container.Labels ?? {};
    return {
      instance,
      workflow: labels[labelNames.workflow] ?? "",
      deployment: labels[labelNames.deployment] ?? "",
      revision: Number(labels[labelNames.revision] ?? 0),
      state: stateOf(group),
    };
  });
}

/** One state of an agent and, for images, an app. The app's ending counts before the agent's: it is the user's. */
function stateOf(parts: readonly Part[]): InstanceState {
  const agent = parts.find((part) => part.role === "agent");
  const app = parts.find((part) => part.role === "app");
  if (!agent) return app ? lost(app.container, "its agent's container is gone") : { kind: "created" };
  if (isScript(agent.container)) return agent.state;
  if (app?.state.kind === "exited") return app.state;
  if (agent.state.kind === "exited") return { ...agent.state, reason: `its agent ended: ${agent.state.reason}` };
  if (agent.state.kind === "created") return agent.state;
  return app?.state ?? lost(agent.container, "its image's container is gone");
}

function lost(container: ContainerInfo, reason: string): Exited {
  const now = new Date().toISOString();
  const startedAt = createdAt(container);
  return { kind: "exited", exitCode: noExitCode, outOfMemory: false, startedAt, finishedAt: now, reason };
}

/** A container runs some milliseconds after it was created; to the second, which is all the list has, that is the same. */
function createdAt(container: ContainerInfo): string {
  return new Date(container.Created * 1000).toISOString();
}

function roleOf(container: ContainerInfo): string | undefined {
  return container.Labels[labelNames.role];
}

function isScript(container: ContainerInfo): boolean {
  return container.Labels[labelNames.work] === "script";
}

/** `container:<id>` → the id. */
function joinedBy(container: ContainerInfo): string {
  return container.HostConfig.NetworkMode.replace(/^container:/, "");
}
