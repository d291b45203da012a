// Callers that take much and give little: a real controller ends them in time, and others are answered meanwhile.
import { once } from "node:events";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { watchLatency } from "../http/latency.ts";
import { lines, openSocket, statusesIn } from "../http/raw.ts";

let drover: Drover;
let host: string;

beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process" });
  host = new URL(drover.url).host;
}, 60_000);
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

describe("input that is small to send and large to read is refused in its own time", () => {
  const aliases = `a: &a [${"x,".repeat(20)}]\n${"bcdefghij"
    .split("")
    .map((name, at) => `${name}: &${name} [${`*${"abcdefghij"[at]},`.repeat(20)}]`)
    .join("\n")}\n`;
  const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
  const yaml = { "Content-Type": "application/x-yaml" };
  test.each<[string, string, string, Record<string, string>]>([
    ["aliases of YAML that multiply", "/breeds", aliases, yaml],
    ["deep JSON", "/events", `{"tags":["a"],"value":${deep("[", "]")}}`, {}],
    ["deep JSON as a workflow", "/workflows", `{"name":"a","metadata":${deep('{"a":', "}").replace("}", "1}")}}`, {}],
    ["deep YAML", "/workflows", deep("[", "]"), yaml],
    ["deep YAML in blocks", "/workflows", `${"- ".repeat(100_000)}a`, yaml],
    ["a key of YAML that is a list", "/breeds", `? ${deep("[", "]")}\n: 1`, yaml],
    [
      "very many keys",
      "/breeds",
      JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (__, n) => [`k${n}`, 1]))),
      {},
    ],
    ["a number that is no number", "/events", `{"tags":["a"],"value":${"9".repeat(500_000)}e}`, {}],
    ["a query of very many parameters", `/events?${"tag=a&".repeat(2_500)}`, "", {}],
    [
      "JSON that names a prototype",
      "/workflows",
      '{"name":"a","breed":"b","schedule":"manual","__proto__":{"x":1}}',
      {},
    ],
  ])("%s", async (_, path, body, headers) => {
    const meanwhile = watchLatency(drover.url);
    const answer = await call(drover.url, "POST", path, body, headers);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    const { failed } = await meanwhile.end();
    expect(failed).toBe(0);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe("callers that hold connections", () => {
  test(
    "a head that trickles, and a body that does, are ended in time; others are answered meanwhile",
    { timeout: 90_000 },
    async () => {
      const meanwhile = watchLatency(drover.url);
      const head = lines("GET /api/v1/info HTTP/1.1", `Host: ${host}`, "X-A: ");
      const body = lines(
        "POST /api/v1/events HTTP/1.1",
        `Host: ${host}`,
        "Content-Type: application/json",
        "Content-Length: 1000",
        "",
        "{",
      );
      const slow = await Promise.all(
        [...Array(200).fill(head), ...Array(50).fill(body), ...Array(50).fill("")].map(trickle),
      );
      const answers = await Promise.all(slow.map(({ ended }) => ended));
      const statuses = answers.flatMap(statusesIn);
      expect(statuses.filter((status) => status === 408).length).toBeGreaterThanOrEqual(250);
      expect(statuses.filter((status) => status !== 408)).toEqual([]);
      const { failed, worstMs, medianMs } = await meanwhile.end();
      expect(failed).toBe(0);
      console.log(`300 slow callers: others were answered within ${worstMs} ms, half of them within ${medianMs} ms`);
    },
  );

  test(
    "10,000 that say nothing keep nobody out: the oldest idle ones go, those at work stay",
    { timeout: 120_000 },
    async () => {
      const stream = await fetch(`${drover.url}/api/v1/events/stream?tag=still-here`);
      const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
      const meanwhile = watchLatency(drover.url);
      const sockets: Socket[] = [];
      let closed = 0;
      for (let n = 0; n < 10_000; n += 1) {
        const socket = await openSocket(drover.url);
        socket.on("error", () => {}).once("close", () => (closed += 1));
        sockets.push(socket);
      }
      await eventually(
        async () => closed,
        (count) => count >= 5_000,
      );
      const { status } = await call(drover.url, "POST", "/events", { tags: ["still-here"] });
      expect(status).toBe(201);
      let seen = "";
      while (!seen.includes("still-here")) seen += Buffer.from((await reader.read()).value ?? []).toString();
      const { failed, worstMs, medianMs } = await meanwhile.end();
      expect(failed).toBe(0);
      console.log(
        `10,000 idle connections: others were answered within ${worstMs} ms, half of them within ${medianMs} ms`,
      );
      for (const socket of sockets) socket.destroy();
      await reader.cancel();
    },
  );
});

/** Sends a byte now and then; resolves with what comes back before the end. */
async function trickle(beginning: string): Promise<{ readonly ended: Promise<string> }> {
  const socket = await openSocket(drover.url);
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
  socket.on("error", () => {});
  if (beginning !== "") socket.write(beginning);
  const timer = setInterval(() => beginning !== "" && socket.writable && socket.write("x"), 500);
  const ended = once(socket, "close").then(() => {
    clearInterval(timer);
    return answer;
  });
  return { ended };
}
