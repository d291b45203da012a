// Where secrets could leave an agent: lines of output, last words, outcomes, events and API calls.
import { expect, test } from "vitest";
import { createEventIntake } from "../../agent/event-intake.ts";
import { createLastWords } from "../../agent/last-words.ts";
import { type Line, createLines } from "../../agent/lines.ts";
import { maskedCall } from "../../agent/masked-call.ts";
import { maskedOutcome } from "../../agent/masked-outcome.ts";
import { createStatus } from "../../agent/status.ts";
import { createMask } from "../../model/mask.ts";
import { scriptAssignment } from "./assignments.ts";
import { startBus } from "./bus.ts";

const secret = "s3cret-value-of-some-length";
const mask = createMask([secret]);
const lineBytesMax = 16 * 1024;

function linesOf(...chunks: readonly string[]): Line[] {
  const found: Line[] = [];
  const lines = createLines((line) => found.push(line), mask);
  for (const chunk of chunks) lines.write(Buffer.from(chunk));
  lines.end();
  return found;
}

test("a secret in a line is masked wherever the chunks of it end", () => {
  const line = `the token is ${secret}, again ${Buffer.from(secret).toString("base64")}.\n`;
  for (let at = 1; at < line.length; at++) {
    const [found] = linesOf(line.slice(0, at), line.slice(at));
    expect(found?.text).toBe("the token is ***, again ***.");
  }
});

test("the cut of a long line goes through no secret, wherever it is in it", () => {
  for (let before = lineBytesMax - secret.length - 2; before <= lineBytesMax + 1; before++) {
    const [found] = linesOf(`${"x".repeat(before)}${secret}${"y".repeat(100)}\n`);
    const kept = before < lineBytesMax ? "x".repeat(before) : "x".repeat(lineBytesMax);
    const rest = lineBytesMax - before - secret.length;
    const shown = before < lineBytesMax ? `${kept}***${"y".repeat(Math.max(0, rest))}` : kept;
    expect(found).toEqual({ text: shown, cutBytes: before + secret.length + 100 - lineBytesMax });
  }
});

test("many secrets in a long line do not move the cut behind one that is only half there", () => {
  const [found] = linesOf(secret.repeat(2_000));
  expect(found?.text.replaceAll("***", "")).toBe("");
});

test("of last words that are cut, the beginning is no end of a secret", () => {
  for (let behind = 8_000; behind <= 8_300; behind++) {
    const words = createLastWords(mask);
    words.write(Buffer.from(`${"x".repeat(9_000)}${secret}${"y".repeat(behind)}`));
    expect(words.text()).toMatch(/^(?:x*\*\*\*)?y+$/);
  }
});

test("results and errors of runs are masked, and what was cut ends before a piece of a secret", () => {
  const error = { message: `no access with ${secret}`, stack: `Error: ${secret}\n at ${encodeURIComponent(secret)}` };
  expect(maskedOutcome({ kind: "failed", exitCode: 1, error }, mask)).toEqual({
    kind: "failed",
    exitCode: 1,
    error: { message: "no access with ***", stack: "Error: ***\n at ***" },
  });
  expect(maskedOutcome({ kind: "completed", exitCode: 0, result: { a: [secret] } }, mask)).toMatchObject({
    result: { a: ["***"] },
  });
  const cut = `${"x".repeat(8 * 1024 - 10)}${secret.slice(0, 10)}`;
  const shown = maskedOutcome({ kind: "failed", exitCode: 1, error: { message: cut } }, mask);
  expect(shown).toMatchObject({ error: { message: expect.stringMatching(/^x+$/) } });
});

test("an event is stored without the secret, and its sender sees how", async () => {
  await using bus = await startBus();
  const assignment = scriptAssignment("");
  const status = createStatus(assignment, () => Date.now());
  const intake = createEventIntake(await bus.agentConnection(), assignment, status, mask);
  const body = Buffer.from(JSON.stringify({ tags: [`t:${secret}`], value: { [secret]: `a ${secret}` }, type: "x" }));
  const answer = await intake.accept({ headers: {}, rawHeaders: [], body, origin: null, holdMs: 5_000 });
  expect(answer).toMatchObject({ status: 201, body: expect.stringContaining('{"***":"a ***"}') });
  const [stored] = await bus.events();
  expect(JSON.stringify(stored)).not.toContain(secret);
  expect(stored?.body).toMatchObject({ data: { "***": "a ***" } });
});

test("forwarded calls are masked in all their parts, and stay what they are without a secret", () => {
  const call = { method: "POST", url: "/api/v1/events", headers: { "content-type": "application/json" }, origin: null };
  const batch = JSON.stringify([
    { tags: ["a"], value: secret },
    { tags: ["b"], value: 1 },
  ]);
  expect(JSON.parse(maskedCall({ ...call, body: batch }, mask).body)).toEqual([
    { tags: ["a"], value: "***" },
    { tags: ["b"], value: 1 },
  ]);
  const lines = `{"tags":"a","value":"${secret}"}\n{"tags":"b","value":2}\n`;
  expect(maskedCall({ ...call, body: lines }, mask).body).toBe('{"tags":"a","value":"***"}\n{"tags":"b","value":2}\n');
  expect(maskedCall({ ...call, body: `- tags: a\n  value: ${secret}\n` }, mask).body).toBe("- tags: a\n  value: ***\n");
  const asked = {
    ...call,
    url: `/api/v1/events?tag=${encodeURIComponent(secret)}`,
    headers: { "ce-id": secret },
    body: "",
  };
  expect(maskedCall(asked, mask)).toMatchObject({ url: "/api/v1/events?tag=***", headers: { "ce-id": "***" } });
  const harmless = { ...call, body: '{ "n": 1.0,  "big": 12345678901234567890 }' };
  expect(maskedCall(harmless, mask).body).toBe(harmless.body);
});
