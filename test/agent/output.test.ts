import { expect, test } from "vitest";
import { createAllowance } from "../../agent/allowance.ts";
import { systemClock } from "../../agent/clock.ts";
import type { Connection } from "../../agent/connection.ts";
import { createLogShipper } from "../../agent/log-shipper.ts";
import { createOutput } from "../../agent/output.ts";
import type { LogBatch, LogLine } from "../../bus/assignment.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

/** Far above what anything here takes; two cores may be busy with other tests. */
const soon = { timeout: 20_000, interval: 5 };

const longMs = 30_000;

function outputOf(connection: Connection) {
  const dropped = { lines: 0 };
  const onDropped = (lines: number): void => {
    dropped.lines += lines;
  };
  const shipper = createLogShipper(connection, scriptAssignment(""), onDropped);
  const allowance = createAllowance(() => Date.now());
  const parts = { shipper, allowance, clock: systemClock, onDropped };
  return { shipper, dropped, open: (run: string) => createOutput(run, parts) };
}

async function linesIn(bus: TestBus): Promise<LogLine[]> {
  return (await bus.logs()).flatMap(({ body }) => body["lines"] as LogBatch["lines"]);
}

test("lines of both streams arrive in order, in few batches, under the subject of their run", async () => {
  await using bus = await startBus();
  const { shipper, open } = outputOf(await bus.agentConnection());
  const first = open("r-1");
  for (let line = 0; line < 250; line += 1) first[line % 2 === 0 ? "stdout" : "stderr"](Buffer.from(`${line}\n`));
  first.stdout(Buffer.from("no newline"));
  first.end();
  const second = open("r-2");
  second.stdout(Buffer.from("next run\n"));
  second.end();
  await shipper.flush(longMs);

  const batches = await bus.logs();
  expect(batches.map(({ subject, body }) => [subject, (body["lines"] as unknown[]).length])).toEqual([
    ["log.hello.r-1", 100],
    ["log.hello.r-1", 100],
    ["log.hello.r-1", 51],
    ["log.hello.r-2", 1],
  ]);
  const texts = (await linesIn(bus)).map(({ text }) => text);
  expect(texts).toEqual([...Array.from({ length: 250 }, (_, line) => String(line)), "no newline", "next run"]);
  expect(batches[0]?.body).toMatchObject({ workflow: "hello", instance: "hello-abc-0", run: "r-1" });
});

test("more output than is allowed is dropped and counted, and one line says how many", async () => {
  await using bus = await startBus();
  const { shipper, open, dropped } = outputOf(await bus.agentConnection());
  const output = open("r-1");
  output.stdout(Buffer.from("x\n".repeat(20_000)));
  output.end();
  await shipper.flush(longMs);

  const lines = await linesIn(bus);
  expect(lines.length - 1 + dropped.lines).toBe(20_000);
  expect(dropped.lines).toBeGreaterThan(10_000);
  expect(lines.at(-1)).toMatchObject({
    stream: "stderr",
    text: expect.stringContaining(`${dropped.lines} lines are missing here`),
  });
});

test("while NATS is away output is kept within bounds, and arrives in order when it is back", async () => {
  await using bus = await startBus();
  const connection = await bus.agentConnection();
  const { shipper, open, dropped } = outputOf(connection);
  await bus.nats.kill();
  await expect.poll(() => connection.online, soon).toBe(false);
  const output = open("r-1");
  const line = "x".repeat(1_000);
  for (let count = 0; count < 1_030; count += 1) output.stdout(Buffer.from(`${count} ${line}\n`));
  output.end();
  expect(dropped.lines).toBeGreaterThan(0);
  await bus.restartNats();
  await shipper.flush(longMs);

  const texts = (await linesIn(bus)).map(({ text }) => text.split(" ", 1)[0]);
  const kept = 1_030 - dropped.lines;
  expect(texts).toEqual([...Array.from({ length: kept }, (_, count) => String(count)), "drover:"]);
});

test("what the server refuses for good is counted, and what follows is stored", async () => {
  const logMessageBytesMax = 10_000;
  await using bus = await startBus({ logMessageBytesMax });
  const { shipper, open, dropped } = outputOf(await bus.agentConnection());
  const refused = open("r-0");
  refused.stdout(Buffer.from(`${"x".repeat(logMessageBytesMax)}\n`));
  refused.end();
  const output = open("r-1");
  output.stdout(Buffer.from("kept\n"));
  output.end();
  await shipper.flush(longMs);
  expect((await linesIn(bus)).map(({ text }) => text)).toEqual(["kept"]);
  expect(dropped.lines).toBe(1);
});
