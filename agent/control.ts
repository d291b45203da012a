// What the controller tells the agents of this workflow. Anything else that arrives there is not understood and does nothing.
import type { AgentControl } from "../bus/assignment.ts";
import { controlSubject } from "../bus/subjects.ts";
import type { Connection } from "./connection.ts";
import { log } from "./log.ts";

export type ControlListener = {
  /** This instance shall take nothing more. */
  readonly drain: () => void;
  readonly cancel: (run: string, reason: string) => void;
};

/** Listens until the signal fires. */
export function listenToControl(
  connection: Connection,
  { workflow, instance }: { readonly workflow: string; readonly instance: string },
  listener: ControlListener,
  signal: AbortSignal,
): void {
  const heard = connection.nc.subscribe(controlSubject(workflow), {
    callback: (error, msg) => {
      if (error) return;
      const control = parseControl(msg.string());
      switch (control?.kind) {
        case "drain":
          if (control.instances.includes(instance)) listener.drain();
          return;
        case "cancel":
          listener.cancel(control.run, control.reason);
          return;
        case undefined:
          log.warn("the controller said something that this agent does not understand");
      }
    },
  });
  signal.addEventListener(
    "abort",
    () => {
      if (!connection.nc.isClosed()) heard.unsubscribe();
    },
    { once: true },
  );
}

/** Null when it is neither of them. */
export function parseControl(text: string): AgentControl | null {
  const raw = json(text);
  if (typeof raw !== "object" || raw === null || !("kind" in raw)) return null;
  if (raw.kind === "drain" && "instances" in raw && Array.isArray(raw.instances)) {
    return { kind: "drain", instances: raw.instances.filter((one) => typeof one === "string") };
  }
  if (raw.kind !== "cancel" || !("run" in raw) || typeof raw.run !== "string") return null;
  const reason = "reason" in raw && typeof raw.reason === "string" ? raw.reason : "it was cancelled";
  return { kind: "cancel", run: raw.run, reason };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
