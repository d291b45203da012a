// A first event's way cut into spans, from what the engine says of the containers and what user code says of itself.
import type { ContainerMarks } from "./container-marks.ts";

export type Span = { readonly what: string; readonly ms: number };

type Moment = { readonly reached: string; readonly atMs: number };

export type FirstEvent = {
  readonly workflow: string;
  readonly marks: ContainerMarks;
  /** Since the epoch: the request was sent, user code ran, the tailer saw its event. */
  readonly savingMs: number;
  readonly codeMs: number;
  readonly seenMs: number;
};

/** The spans of one kind are always the same ones, in order. */
export function spansOf(kind: "apply" | "edit", event: FirstEvent): readonly Span[] {
  const moments = [...(kind === "apply" ? holderMoments(event) : stopMoments(event)), ...agentMoments(kind, event)];
  let beforeMs = event.savingMs;
  return moments.map(({ reached, atMs }) => {
    const span = { what: reached, ms: atMs - beforeMs };
    beforeMs = atMs;
    return span;
  });
}

function holderMoments({ workflow, marks, savingMs }: FirstEvent): Moment[] {
  const at = (action: string): number => marks.first({ workflow, role: "holder", action }, savingMs);
  return [
    { reached: "controller stores, reconciles; holder created", atMs: at("create") },
    { reached: "holder started", atMs: at("start") },
  ];
}

function stopMoments({ workflow, marks, savingMs }: FirstEvent): Moment[] {
  const at = (action: string): number => marks.first({ workflow, role: "agent", action }, savingMs);
  return [
    { reached: "controller stores, reconciles; old agent signalled", atMs: at("kill") },
    { reached: "old agent ended", atMs: at("die") },
    { reached: "old agent removed", atMs: at("destroy") },
  ];
}

function agentMoments(kind: "apply" | "edit", { workflow, marks, savingMs, codeMs, seenMs }: FirstEvent): Moment[] {
  const agent = (action: string): number => marks.first({ workflow, role: "agent", action }, savingMs);
  return [
    { reached: kind === "apply" ? "agent created" : "new agent created", atMs: agent("create") },
    { reached: "agent started by the engine", atMs: agent("start") },
    { reached: "agent and runner booted, user code runs", atMs: codeMs },
    { reached: "event through client, gateway, JetStream, tail", atMs: seenMs },
  ];
}
