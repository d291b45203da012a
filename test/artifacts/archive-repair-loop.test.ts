// The repair of the archive at a start: the index may not be able to tell for minutes.
import pino from "pino";
import { expect, test } from "vitest";
import { startArchiveRepair } from "../../controller/artifacts/archive-repair-loop.ts";
import { IndexUnavailable } from "../../controller/events/index.ts";

test("it is tried again until it could be done, once", async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg as string) });
  const done = Promise.withResolvers<void>();
  let tries = 0;
  const repair = startArchiveRepair(async () => {
    tries += 1;
    if (tries === 1) throw new IndexUnavailable("the event index is being built again");
    setImmediate(() => done.resolve());
    return 3;
  }, log);
  await done.promise;
  repair.stop();
  expect(tries).toBe(2);
  expect(lines).toEqual([
    "it cannot be checked now that all changes are recorded; trying again",
    "recorded changes that an earlier controller had stored but not announced",
  ]);
});
