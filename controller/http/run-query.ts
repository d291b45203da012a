// Which runs are asked for, and how much of the event stream the answer must have seen.
import type { FastifyRequest } from "fastify";
import { nearest } from "../../model/nearest.ts";
import type { Problem } from "../../model/problem.ts";
import type { RunState } from "../../model/run.ts";
import { shown } from "../../model/shown.ts";
import { identityOf, sees, seesAll } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { invalid } from "./problem.ts";
import { parameter, parameters } from "./query.ts";
import { refuseOtherWorkflows } from "./scope.ts";

/** As many as the history takes at once. */
const idsMax = 1_000;

const known: Readonly<Record<RunState, true>> = {
  queued: true,
  started: true,
  completed: true,
  failed: true,
  "timed-out": true,
  stopped: true,
  dead: true,
  skipped: true,
  refused: true,
};

/**
 * The sequence that an answer to this caller must have passed. People see what this controller has accepted; a workflow's agent
 * decides by the answer whether a run is to be started again, so it sees all that is stored.
 */
export async function passedFor(
  request: FastifyRequest,
  { history, appender }: Pick<HttpParts, "history" | "appender">,
): Promise<number> {
  return identityOf(request).kind === "workflow" ? history.streamEnd() : appender.lastSequence;
}

/**
 * The workflow whose runs are asked for; null: those of all. Code that names none asks for its own, and finds none of those that it
 * may not see: `nothing`. Throws Refused.
 */
export function workflowAsked(request: FastifyRequest): {
  readonly workflow: string | null;
  readonly nothing: boolean;
} {
  const identity = identityOf(request);
  const named = parameter(request, "workflow");
  refuseOtherWorkflows(request, named);
  if (identity.kind === "person" || seesAll(identity)) return { workflow: named, nothing: false };
  return { workflow: named ?? identity.name, nothing: named !== null && !sees(identity, named) };
}

/** The `state` and `dead` parameters as one state; null: any. Throws HttpProblem 400. */
export function stateOf(request: FastifyRequest): RunState | null {
  const word = parameter(request, "state");
  const dead = parameter(request, "dead") === "true";
  const problems: Problem[] = [];
  if (word !== null && !isState(word)) {
    const words = Object.keys(known);
    const fix = `write state=${nearest(word, words) ?? "failed"}`;
    problems.push({ path: "state", expected: `one of ${words.join(", ")}`, got: shown(word), fix });
  }
  if (dead && word !== null && word !== "dead") {
    problems.push({
      path: "dead",
      expected: "no other state beside it",
      got: shown(word),
      fix: "leave out one of them",
    });
  }
  if (problems.length > 0) throw invalid(problems);
  if (dead) return "dead";
  return word !== null && isState(word) ? word : null;
}

/** The `id` parameters (repeatable). Throws HttpProblem 400. */
export function idsOf(request: FastifyRequest): readonly string[] {
  const ids = parameters(request, "id").filter((id) => id !== "");
  if (ids.length <= idsMax) return ids;
  throw invalid([{ path: "id", expected: `at most ${idsMax} ids`, got: String(ids.length), fix: "ask in parts" }]);
}

function isState(word: string): word is RunState {
  return Object.hasOwn(known, word);
}
