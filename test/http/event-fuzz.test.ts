// Whatever comes is stored, or refused with a problem, and never breaks the edge. A failure prints the seed that repeats it.
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sent, anyBytes, anyHeadersAtAll, anyJson, nearlyEvents } from "./event-arbitraries.ts";
import { type Edge, startEdge } from "./edge.ts";

/** More of them by hand: FUZZ_RUNS=20000. */
const numRuns = Number(process.env["FUZZ_RUNS"] ?? 400);
const timeLimitMs = Math.max(8_000, numRuns * 3);

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
});

async function isAccepted({ headers, body }: Sent): Promise<boolean> {
  const before = edge.stored.length;
  const payload = Buffer.from(body);
  const answer = await edge.app.inject({ method: "POST", url: "/api/v1/events", headers, payload });
  if (answer.statusCode === 201) return true;
  expect(answer.statusCode, answer.body).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode, answer.body).toBeLessThan(500);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.json()).toMatchObject({ status: answer.statusCode, detail: expect.stringMatching(/./) });
  expect(edge.stored.length).toBe(before);
  return false;
}

/** What was given to the stream is there, each event once, and nothing else. */
async function expectAllThere(): Promise<void> {
  const there: string[] = [];
  for (let page = 1; there.length === (page - 1) * 1_000; page += 1) {
    const answer = await edge.app.inject({ url: `/api/v1/events?per_page=1000&page=${page}` });
    there.push(...answer.json<{ id: string }[]>().map(({ id }) => id));
  }
  expect(there.toSorted()).toEqual([...new Set(edge.stored.map(({ id }) => id))].toSorted());
}

test.each<[string, fc.Arbitrary<Sent>, number]>([
  ["any bytes", anyBytes, 0],
  ["any JSON", anyJson, 0],
  ["what is nearly an event", nearlyEvents, 0.05],
  ["any headers", anyHeadersAtAll, 0.05],
])(
  "%s",
  async (_, sent, acceptedAtLeast) => {
    let accepted = 0;
    let sentAtAll = 0;
    const property = fc.asyncProperty(sent, async (one) => {
      sentAtAll += 1;
      if (await isAccepted(one)) accepted += 1;
    });
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: timeLimitMs });
    // Otherwise this would be a test of refusals only.
    expect(accepted / sentAtAll).toBeGreaterThanOrEqual(acceptedAtLeast);
    await expectAllThere();
  },
  timeLimitMs * 2 + 30_000,
);
