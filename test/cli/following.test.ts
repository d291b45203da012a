import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { sse, startController } from "./controller-stub.ts";
import { drover, startDrover } from "./drover.ts";
import { event } from "./fixtures.ts";

const message = (id: string) => ({ id, event: "my_type", data: event(id, `value ${id}`) });

test("tail goes on after a restart of the controller from the last event it has shown, and says so once", async () => {
  const first = await startController({
    "GET /events/stream": (response) => sse(response, [message("1"), message("2")]),
  });
  await using tail = startDrover(["tail", "--tag", "hello world", "--type", "my_type"], { url: first.url });
  await tail.said("value 2");
  await first[Symbol.asyncDispose]();
  await tail.said("the controller is gone");
  await using second = await startController(
    { "GET /events/stream": (response) => sse(response, [message("3")]) },
    { port: first.port },
  );
  await tail.said("value 3");
  tail.child.kill("SIGINT");
  const { code, stdout, stderr } = await tail.ended;
  expect(code).toBe(0);
  expect(stdout.match(/value \d/g)).toEqual(["value 1", "value 2", "value 3"]);
  expect(stderr.split("\n").filter((line) => line.includes("is gone")).length).toBe(1);
  expect(stderr).toContain("drover: the controller answers again\n");
  expect(first.asked[0]?.request).toBe("GET /api/v1/events/stream?tag=hello+world&type=my_type");
  expect(second.asked[0]?.headers["last-event-id"]).toBe("2");
});

/** Nothing was stored yet, and all of that was sent. */
function atEnd(response: ServerResponse): void {
  sse(response, []);
  response.write("id: 0\n\n");
}

test("events and output that are lost together are one loss", async () => {
  const first = await startController({
    "GET /events/stream": (response) => sse(response, [message("1")]),
    "GET /logs/stream": (response) => atEnd(response),
  });
  await using tail = startDrover(["tail", "--logs"], { url: first.url });
  await tail.said("value 1");
  await first[Symbol.asyncDispose]();
  await tail.said("the controller is gone");
  await using second = await startController(
    {
      "GET /events/stream": (response) => sse(response, [message("2")]),
      "GET /logs/stream": (response) => sse(response, [message("3")]),
    },
    { port: first.port },
  );
  await tail.said("the controller answers again");
  tail.child.kill("SIGINT");
  const { stderr } = await tail.ended;
  expect(stderr.match(/is gone|answers again/g)).toEqual(["is gone", "answers again"]);
  expect(second.asked).toHaveLength(2);
});

test("a workflow or run that is not there is said, and followed all the same", async () => {
  await using controller = await startController({
    "GET /events/stream": (response) => sse(response, [message("1")]),
    "GET /runs/r-1": { body: {} },
  });
  await using tail = startDrover(["tail", "--workflow", "nosuch", "--run", "r-1"], { url: controller.url });
  await tail.said("value 1");
  tail.child.kill("SIGINT");
  expect((await tail.ended).stderr).toBe('drover: there is no workflow "nosuch" now\n');
});

test("tail --json writes one event per line", async () => {
  await using controller = await startController({ "GET /events/stream": (response) => sse(response, [message("1")]) });
  await using tail = startDrover(["tail", "--json"], { url: controller.url });
  await tail.said("\n");
  tail.child.kill("SIGINT");
  expect(JSON.parse((await tail.ended).stdout)).toEqual(event("1", "value 1"));
});

test("a reader that goes away ends tail quietly with 0", async () => {
  await using controller = await startController({
    "GET /events/stream": (response) => {
      sse(response, [message("1")]);
      const more = setInterval(() => response.write(`id: 2\nevent: e\ndata: ${JSON.stringify(event("2", ""))}\n\n`), 5);
      response.once("close", () => clearInterval(more));
    },
  });
  await using tail = startDrover(["tail"], { url: controller.url });
  await tail.said("value 1");
  tail.child.stdout?.destroy();
  await once(tail.child, "exit");
  expect(tail.child.exitCode).toBe(0);
});

test("a tail that cannot even begin fails at once", async () => {
  const { code, stderr } = await drover(["tail"], { url: "http://127.0.0.1:1" });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^drover: no controller answers at http:\/\/127\.0\.0\.1:1 \([^)]+\); start one with "drover up"/,
  );
});

const line = (timestamp: string, text: string, instance = "i") => ({
  timestamp,
  workflow: "hello",
  instance,
  run: "r",
  stream: "stdout",
  text,
});

test("logs shows the last lines", async () => {
  await using controller = await startController({
    "GET /workflows/hello/logs": {
      body: [line("2026-01-01T00:00:00.000Z", "one"), line("2026-01-01T00:00:00.001Z", "two")],
    },
  });
  const plain = await drover(["logs", "hello", "--lines", "2"], { url: controller.url });
  expect(plain).toEqual({ code: 0, stdout: "one\ntwo\n", stderr: "" });
  expect(controller.asked[0]?.request).toBe("GET /api/v1/workflows/hello/logs?lines=2");
  const timed = await drover(["logs", "hello", "-t"], { url: controller.url });
  expect(timed.stdout).toContain("2026-01-01T00:00:00.000Z  i  stdout  one\n");
});

test("logs -f goes on after a restart of the controller from where it was", async () => {
  const lines = ["one", "two", "three"].map((text, n) => ({ id: String(n), event: "log", data: line(`T${n}`, text) }));
  const first = await startController({
    "GET /workflows/hello/logs": (response) => sse(response, lines.slice(0, 2)),
  });
  await using logs = startDrover(["logs", "hello", "-f"], { url: first.url });
  await logs.said("two");
  await first[Symbol.asyncDispose]();
  await using second = await startController(
    { "GET /workflows/hello/logs": (response) => sse(response, lines.slice(2)) },
    { port: first.port },
  );
  await logs.said("three");
  logs.child.kill("SIGINT");
  const { code, stdout } = await logs.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: "one\ntwo\nthree\n" });
  expect(second.asked[0]?.headers["last-event-id"]).toBe("1");
});

test("a stream that has sent its position but no event is resumed from there", async () => {
  let connections = 0;
  await using controller = await startController({
    "GET /events/stream": (response) => {
      connections += 1;
      if (connections > 1) return sse(response, [message("8")]);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end("id: 7\n\n");
    },
  });
  await using tail = startDrover(["tail"], { url: controller.url });
  await tail.said("value 8");
  tail.child.kill("SIGINT");
  expect((await tail.ended).code).toBe(0);
  expect(controller.asked.map((asked) => asked.headers["last-event-id"])).toEqual([undefined, "7"]);
});
