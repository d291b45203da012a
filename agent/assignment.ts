// The assignment as it arrives: one JSON document on standard input, read to its end and checked before anything starts.
import type { Readable } from "node:stream";
import type { Assignment } from "../bus/assignment.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import { isQueuedRun } from "./queued-run.ts";

const assignmentBytesMax = 2 * 1024 * 1024;
/** Whoever starts an agent writes the assignment at once; an open terminal is not waited for. */
const assignmentWaitMs = 30_000;

/** Reads the assignment to the end of the stream. What is wrong never repeats what was read: it holds a credential. */
export async function readAssignment(input: Readable): Promise<Parsed<Assignment>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const tooLate = setTimeout(
    () => input.destroy(new Error(`not complete after ${assignmentWaitMs} ms`)),
    assignmentWaitMs,
  );
  try {
    for await (const chunk of input) {
      const part: Buffer = chunk;
      chunks.push(part);
      bytes += part.length;
      if (bytes > assignmentBytesMax) {
        return wrong("assignment", `at most ${assignmentBytesMax} bytes`, `more`, "make the script smaller");
      }
    }
  } catch (error) {
    return wrong(
      "assignment",
      "one JSON document on standard input",
      error instanceof Error ? error.message : "nothing",
      "",
    );
  } finally {
    clearTimeout(tooLate);
  }
  return parseAssignment(Buffer.concat(chunks).toString("utf8"));
}

export function parseAssignment(text: string): Parsed<Assignment> {
  const raw = json(text);
  if (!isRecord(raw))
    return wrong("assignment", "one JSON object on standard input", text === "" ? "nothing" : "something else", "");
  const problems = problemsOf(raw);
  return isAssignment(raw, problems) ? { ok: true, value: raw } : { ok: false, problems };
}

function problemsOf(raw: Record<string, unknown>): readonly Problem[] {
  const nats = isRecord(raw["nats"]) ? raw["nats"] : {};
  const work = isRecord(raw["work"]) ? raw["work"] : {};
  const isQueue = work["kind"] === "queue";
  const isTest = work["kind"] === "test";
  const hasCode = isQueue || isTest || work["kind"] === "script";
  const retry = isRecord(work["retry"]) ? work["retry"] : {};
  const checks: readonly (readonly [path: string, expected: string, holds: boolean])[] = [
    ["workflow", "a name", isText(raw["workflow"])],
    ["instance", "a name", isText(raw["instance"])],
    ["deployment", "a hash", isText(raw["deployment"])],
    ["revision", "a number from 0", isCount(raw["revision"])],
    ["nats.servers", "at least one address", isTexts(nats["servers"])],
    [
      "nats.credentials",
      "the text of a credentials file, or null",
      nats["credentials"] === null || isText(nats["credentials"]),
    ],
    ["work.kind", '"script", "queue", "test" or "sidecar"', hasCode || work["kind"] === "sidecar"],
    ["work.source", "the script", !hasCode || typeof work["source"] === "string"],
    ["work.environment", "strings by name", !hasCode || isEnvironment(work["environment"])],
    ["work.concurrency", "a number of runs from 1", !isQueue || isPositive(work["concurrency"])],
    ["work.timeoutMs", "milliseconds from 1", !(isQueue || isTest) || isPositive(work["timeoutMs"])],
    ["work.totalMs", "milliseconds from 1", !isTest || isPositive(work["totalMs"])],
    ["work.workflow", "a name", !isTest || isText(work["workflow"])],
    ["work.runs", "a list of runs", !isTest || (Array.isArray(work["runs"]) && work["runs"].every(isQueuedRun))],
    ["work.retry.times", "a number from 0", !isQueue || isCount(retry["times"])],
    ["work.retry.delayMs", "milliseconds from 0", !isQueue || isCount(retry["delayMs"])],
    ["work.retry.factor", "a number from 0", !isQueue || isFactor(retry["factor"])],
    ["work.singleUse", "true or false", !isQueue || typeof work["singleUse"] === "boolean"],
    ["work.createdAt", "an instant, or null", !isQueue || work["createdAt"] === null || isText(work["createdAt"])],
    ["gatewayPort", "a port, or 0 for any", isCount(raw["gatewayPort"]) && Number(raw["gatewayPort"]) <= 65_535],
    ["stopGraceMs", "milliseconds from 0", isCount(raw["stopGraceMs"])],
    ["secretFiles", "names, if any", raw["secretFiles"] === undefined || isTexts(raw["secretFiles"])],
  ];
  return checks
    .filter(([, , holds]) => !holds)
    .map(([path, expected]): Problem => ({ path: `assignment.${path}`, expected, got: "something else", fix: "" }));
}

/** Every field of the type has been checked when there is no problem. */
function isAssignment(raw: unknown, problems: readonly Problem[]): raw is Assignment {
  return isRecord(raw) && problems.length === 0;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrong(path: string, expected: string, got: string, fix: string): Parsed<Assignment> {
  return { ok: false, problems: [{ path, expected, got, fix }] };
}

function isRecord(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

function isText(raw: unknown): boolean {
  return typeof raw === "string" && raw !== "";
}

function isTexts(raw: unknown): boolean {
  return Array.isArray(raw) && raw.length > 0 && raw.every(isText);
}

function isCount(raw: unknown): boolean {
  return Number.isSafeInteger(raw) && Number(raw) >= 0;
}

function isPositive(raw: unknown): boolean {
  return isCount(raw) && Number(raw) > 0;
}

function isFactor(raw: unknown): boolean {
  return typeof raw === "number" && Number.isFinite(raw) && raw >= 0;
}

function isEnvironment(raw: unknown): boolean {
  return isRecord(raw) && Object.values(raw).every((value) => typeof value === "string");
}
