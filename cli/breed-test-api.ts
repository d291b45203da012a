// What the controller is asked about tests of breeds, and what it answers.
import type { Event } from "../model/event.ts";
import type { Outcome } from "../model/run.ts";
import type { ControllerApi } from "./controller-api.ts";
import { Unreachable } from "./failure.ts";

/** All runs of a test take four minutes at most; starting and ending come on top. */
const answerMsMax = 290_000;

export type BreedTestRequest = {
  readonly events: readonly unknown[];
  readonly breed?: unknown;
  readonly workflow?: unknown;
  readonly timeout?: string;
};

export type TestedEvent = {
  readonly event: Event;
  readonly run: string;
  readonly outcome: Outcome;
  readonly tookMs: number | null;
  readonly events: readonly Event[];
  readonly eventsRefused: number;
  readonly output: readonly { readonly at: string; readonly stream: string; readonly text: string }[];
};
export type TestResult = {
  /** In which it was tested. */
  readonly workflow: string | null;
  readonly tests: readonly TestedEvent[];
  readonly tookMs: number;
};

export async function testBreed(
  api: ControllerApi,
  name: string,
  request: BreedTestRequest,
  signal: AbortSignal,
): Promise<TestResult> {
  const body = { type: "application/json", text: JSON.stringify(request) };
  const path = `/breeds/${encodeURIComponent(name)}/test`;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]);
  const answer = await api.open({ method: "POST", path, body }, patience);
  const text = await answer.text().catch(() => {
    throw new Unreachable(api.url, "the connection ended in the middle of the answer");
  });
  return JSON.parse(text);
}
