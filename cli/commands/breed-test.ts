// Runs a breed over the events of a fixture, in its real isolation at the controller, and compares what it does with what is expected.
import { writeFile } from "node:fs/promises";
import { problemText } from "../../model/problem.ts";
import { type BreedTestRequest, type TestResult, type TestedEvent, testBreed } from "../breed-test-api.ts";
import {
  type Expectation,
  type Mismatch,
  completes,
  expectationOf,
  mismatchesOf,
  parseExpectations,
} from "../expectation.ts";
import { Failure } from "../failure.ts";
import { artifactsIn, documentsIn } from "../fixture-file.ts";
import { compact, serialised } from "../format.ts";
import { outcomeText } from "../run-text.ts";
import type { Session } from "../session.ts";

export type BreedTestOptions = {
  readonly event: string;
  readonly files: readonly string[];
  readonly workflow: string | undefined;
  readonly timeout: string | undefined;
  readonly expect: string | undefined;
  /** Where what happened is written to, as what will be expected. */
  readonly writeExpected: string | undefined;
  readonly json: boolean;
};

type Judged = TestedEvent & { readonly mismatches: readonly Mismatch[] };

export async function breedTest(session: Session, name: string, options: BreedTestOptions): Promise<void> {
  const { request, files } = await requestOf(name, options);
  const expected = options.expect === undefined ? null : await expectationsIn(options.expect, request.events.length);
  const { tests, tookMs, workflow } = await resultOf(session, name, request, files);
  if (request.workflow === undefined && workflow)
    session.say(`no breed is called ${name}; tested was the one written in workflow ${workflow}`);
  const judged = tests.map((test, place): Judged => ({
    ...test,
    mismatches: mismatchesOf(test, expected?.[place] ?? completes),
  }));
  const failed = judged.filter(({ mismatches }) => mismatches.length > 0).length;
  if (options.json) session.print(serialised({ breed: name, passed: failed === 0, tookMs, tests: judged }, "json"));
  else session.print(judged.map((test, place) => testText(test, place + 1)).join("\n"));
  if (options.writeExpected !== undefined) await writeExpectations(options.writeExpected, tests);
  const counted = `${judged.length} ${judged.length === 1 ? "event" : "events"}`;
  if (failed > 0) throw new Failure(`${name}: of ${counted}, ${failed} did not go as expected`);
  session.say(`${name}: ${counted} went as expected, in ${tookMs} ms`);
}

/** The files that hold what is sent, by its field of the request. */
type Files = { readonly breed: string | undefined; readonly workflow: string | undefined };

async function requestOf(
  name: string,
  options: BreedTestOptions,
): Promise<{ readonly request: BreedTestRequest; readonly files: Files }> {
  const { event, files, workflow: wanted, timeout } = options;
  const events = await documentsIn(event);
  if (events.length === 0) throw new Failure(`${event}: the fixture holds no events; record some that there are`, 2);
  const { breed, workflows } = await artifactsIn(files, name);
  const only = workflows.size === 1 ? [...workflows.keys()][0] : undefined;
  if (workflows.size > 1 && wanted === undefined)
    throw new Failure(`--workflow: expected one of ${[...workflows.keys()].join(", ")}, which are in the files`, 2);
  const chosen = wanted ?? only;
  const written = chosen === undefined ? undefined : workflows.get(chosen);
  const workflow = written?.value ?? chosen;
  const request = {
    events,
    ...(breed && { breed: breed.value }),
    ...(workflow !== undefined && { workflow }),
    ...(timeout !== undefined && { timeout }),
  };
  return { request, files: { breed: breed?.file, workflow: written?.file } };
}

async function expectationsIn(path: string, eventCount: number): Promise<readonly Expectation[]> {
  const parsed = parseExpectations(await documentsIn(path));
  if (!parsed.ok) throw new Failure(parsed.problems.map((one) => `${path}: ${problemText(one)}`).join("\n"), 2);
  if (parsed.value.length === eventCount) return parsed.value;
  const got = `got ${parsed.value.length}`;
  throw new Failure(`${path}: expected an entry for each of the ${eventCount} events of the fixture, ${got}`, 2);
}

/** What was not tested has neither passed nor failed. */
async function resultOf(session: Session, name: string, request: BreedTestRequest, files: Files): Promise<TestResult> {
  const signal = session.interruption();
  try {
    return await testBreed(session.api, name, request, signal);
  } catch (error) {
    if (signal.aborted) throw new Failure("interrupted; the test was ended");
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      error.message
        .split("\n")
        .map((line) => asOfFile(line, files))
        .join("\n"),
      2,
    );
  }
}

/** As `drover plan` would say it: `body.breed.name: …` is about the breed of a file. */
function asOfFile(line: string, files: Files): string {
  const said = line.replace(/^body\./, "");
  const field = /^(breed|workflow)\b/.exec(said)?.[1];
  const file = said === line || (field !== "breed" && field !== "workflow") ? undefined : files[field];
  return file === undefined ? said : `${file}: ${said}`;
}

async function writeExpectations(path: string, tests: readonly TestedEvent[]): Promise<void> {
  await writeFile(path, serialised(tests.map(expectationOf), "json")).catch((error: Error) => {
    throw new Failure(`${path}: ${error.message}`, 2);
  });
}

function testText({ event, outcome, tookMs, events, output, mismatches }: Judged, number: number): string {
  const took = tookMs === null ? "" : ` in ${tookMs} ms`;
  const head = `${mismatches.length === 0 ? "ok" : "not ok"} ${number}  ${event.type} ${event.id}  ${outcome.kind}${took}`;
  const result =
    outcome.kind === "completed" && outcome.result !== undefined ? [`result  ${compact(outcome.result)}`] : [];
  const why = whyText(outcome);
  const emitted = events.map(({ type, tags, value }) => `event   ${type}  ${tags.join(",")}  ${compact(value)}`);
  const written = output.map(({ stream, text }) => `${stream}  ${text}`);
  const differences = mismatches.flatMap(({ path, expected, got }) => [
    `${path}:`,
    `  - expected  ${shownValue(expected)}`,
    `  + got       ${shownValue(got)}`,
  ]);
  return `${[head, ...[...written, ...emitted, ...result, ...why, ...differences].map((line) => `  ${line}`)].join("\n")}\n`;
}

/** Of an error all that is known of it: whoever tests wants to know the line. */
function whyText(outcome: TestedEvent["outcome"]): readonly string[] {
  if (outcome.kind === "completed" || outcome.kind === "timed-out") return [];
  if (outcome.kind !== "failed" || outcome.error.stack === undefined) return [outcomeText(outcome)];
  return outcome.error.stack.split("\n");
}

function shownValue(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
