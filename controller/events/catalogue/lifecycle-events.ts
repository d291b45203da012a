// Events about workflows that are deployed, and about their instances.
import type { CatalogueEntry } from "./entry.ts";
import { type Shape, fields, orNull, words } from "./shape.ts";

const sources = ["/controller"];
const deployment = { deployment: "text", revision: "integer", breedRevision: orNull("integer") } as const;
const instanceOf = { deployment: "text", revision: "integer", instance: "text" } as const;
const about = ["workflows", "workflows:hello"];
const one = { deployment: "a1b2c3d4e5f6", revision: 3 };
const instance = "hello-a1b2c3-0";

export const lifecycleEvents: readonly CatalogueEntry[] = [
  {
    type: "deploy",
    sources,
    tags: ["workflows:<name>"],
    kinds: { "deploy:requested": "a workflow was saved or restarted: instances of a new deployment are wanted" },
    value: fields({ ...deployment, state: words("requested"), restarts: "integer", by: "text" }),
    example: {
      tags: [...about, "deploy:requested", "deploy"],
      value: { ...one, breedRevision: 2, state: "requested", restarts: 0, by: "local" },
    },
  },
  {
    type: "deploy",
    sources,
    tags: ["workflows:<name>", "instances:<instance>"],
    kinds: { "deploy:ready": "the agent of a new instance has reported for the first time" },
    value: fields({ ...deployment, instance: "text", state: words("ready") }),
    example: {
      tags: [...about, "deploy:ready", `instances:${instance}`, "deploy", "instances"],
      value: { ...one, breedRevision: 2, instance, state: "ready" },
    },
  },
  started("started", ["scheduled"], "a container was started", {}, {}),
  started("failed", [], "a container could not be started", { reason: "text" }, { reason: "no such image: nowhere:1" }),
  {
    type: "instance",
    sources,
    tags: ["workflows:<name>", "instances:<instance>"],
    kinds: { "instance:stopped": "a container was ended, or ended as it should" },
    value: fields({ ...instanceOf, state: words("stopped") }),
    example: {
      tags: [...about, "instance:stopped", `instances:${instance}`, "instance", "instances"],
      value: { ...one, instance, state: "stopped" },
    },
  },
  {
    type: "instance",
    sources,
    tags: ["workflows:<name>", "instances:<instance>"],
    kinds: { "instance:exited": "a container ended by itself, was killed, or hung and was killed by the controller" },
    value: fields({
      ...instanceOf,
      state: words("exited"),
      reason: "text",
      "exitCode?": "integer",
      "outOfMemory?": "boolean",
    }),
    example: {
      tags: [...about, "instance:exited", `instances:${instance}`, "instance", "instances"],
      value: { ...one, instance, state: "exited", reason: "exited with code 137", exitCode: 137, outOfMemory: false },
    },
  },
  {
    type: "instance",
    sources,
    tags: ["workflows:<name>"],
    kinds: { unscheduled: "nothing of a suspended or deleted workflow is left" },
    value: fields({ state: words("unscheduled") }),
    example: { tags: [...about, "unscheduled"], value: { state: "unscheduled" } },
  },
  {
    type: "status",
    sources,
    tags: ["workflows:<name>"],
    kinds: {
      "status:running": "somebody resumed or restarted a workflow",
      "status:suspended": "somebody suspended it",
    },
    value: fields({ ...deployment, status: words("running", "suspended"), by: "text" }),
    example: {
      tags: [...about, "status:suspended", "status"],
      value: { ...one, breedRevision: 2, status: "suspended", by: "local" },
    },
  },
];

function started(
  state: "started" | "failed",
  tags: readonly string[],
  when: string,
  more: Readonly<Record<string, Shape>>,
  said: Readonly<Record<string, unknown>>,
): CatalogueEntry {
  return {
    type: "instance",
    sources,
    tags: ["workflows:<name>", "instances:<instance>", ...tags],
    kinds: { [`instance:${state}`]: when },
    value: fields({ ...deployment, instance: "text", state: words(state), ...more }),
    example: {
      tags: [...about, ...tags, `instance:${state}`, `instances:${instance}`, "instance", "instances"],
      value: { ...one, breedRevision: 2, instance, state, ...said },
    },
  };
}
