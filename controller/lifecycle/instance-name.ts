// The names of instances: fixed per deployment, so that a start that is repeated meets the instance again and adds none (I4). A name
// also says how its instance gives way, which a controller that has just started must know of instances it did not start.
import type { Desired, Handover } from "./desired.ts";

const deploymentChars = 6;

/** `hello-3fa9c1-0`, `hello-3fa9c1-1` for daemons, `hello-3fa9c1-q0` for agents of the queue; as many as may exist. */
export function namesOf({
  workflow,
  deployment,
  instancesMax,
  handover,
}: Pick<Desired, "workflow" | "deployment" | "instancesMax" | "handover">): string[] {
  const sort = handover === "drain" ? "q" : "";
  return Array.from(
    { length: instancesMax },
    (_, n) => `${workflow}-${deployment.slice(0, deploymentChars)}-${sort}${n}`,
  );
}

export function handoverOf(instance: string): Handover {
  return /-q\d+$/.test(instance) ? "drain" : "stop";
}
