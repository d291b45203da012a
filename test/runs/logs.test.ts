// The output of one run, and of its workflow, from the stream of lines.
import { expect, test } from "vitest";
import type { LogBatch } from "../../bus/assignment.ts";
import { logSubject } from "../../bus/subjects.ts";
import { createLogs } from "../../controller/runs/logs.ts";
import { startInstallation } from "./installation.ts";
import { at } from "./reports.ts";

test("one run's last lines are read in order, apart from those of other runs and workflows", async () => {
  await using all = await startInstallation();
  const { nc, publisher } = await all.controller();
  const logs = createLogs(nc);
  const write = (workflow: string, run: string, ...texts: string[]) => {
    const lines = texts.map((text) => ({ at: at(1), stream: "stdout" as const, text }));
    const batch: LogBatch = { workflow, instance: "i1", run, lines };
    return publisher.publish(logSubject(workflow, run), JSON.stringify(batch), `${run}.${texts.join()}`);
  };
  await write("hello", "r-1", "one", "two");
  await write("hello", "r-2", "another run");
  await write("other", "r-1", "another workflow");
  await write("hello", "r-1", "three");
  const texts = async (run: string, count: number) =>
    (await logs.last({ workflow: "hello", run }, count)).lines.map(({ text }) => text);
  expect(await texts("r-1", 10)).toEqual(["one", "two", "three"]);
  expect(await texts("r-1", 2)).toEqual(["two", "three"]);
  expect(await texts("r-1", 0)).toEqual([]);
  expect(await texts("r-9", 10)).toEqual([]);
  const last = await logs.last({ workflow: "hello", run: null }, 10);
  expect(last.lines.map(({ run, text }) => `${run} ${text}`)).toEqual([
    "r-1 one",
    "r-1 two",
    "r-2 another run",
    "r-1 three",
  ]);
  expect(await logs.last({ workflow: "nobody", run: null }, 10)).toEqual({ lines: [], sequence: 4 });
});

test("one run is followed from a sequence on, without the lines of another", async () => {
  await using all = await startInstallation();
  const { nc, publisher } = await all.controller();
  const logs = createLogs(nc);
  const write = (run: string, text: string) => {
    const batch: LogBatch = { workflow: "hello", instance: "i1", run, lines: [{ at: at(1), stream: "stdout", text }] };
    return publisher.publish(logSubject("hello", run), JSON.stringify(batch), `${run}.${text}`);
  };
  await write("r-1", "before");
  const seen: string[] = [];
  const { sequence } = await logs.last({ workflow: "hello", run: "r-1" }, 1);
  const following = logs.follow({ workflow: "hello", run: "r-1" }, sequence, (lines) =>
    seen.push(...lines.map(({ text }) => text)),
  );
  for (const [run, text] of [
    ["r-1", "one"],
    ["r-2", "another run"],
    ["r-1", "two"],
  ] as const)
    await write(run, text);
  await expect.poll(() => seen).toEqual(["one", "two"]);
  following.stop();
});
