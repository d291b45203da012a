// The file of the index and the disk: what a machine that goes down leaves is never taken for an index.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openIndexStore } from "../../controller/events/index-store.ts";
import { MachineWentDown } from "../../controller/events/index-sync.ts";
import { anEvent } from "../runs/reports.ts";
import { everything, startIndexBus } from "./index-bus.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "drover-sync-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function markOf(path: string): number {
  const db = new DatabaseSync(path);
  const mark = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  db.close();
  return mark;
}

function setMark(path: string, mark: number): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${mark}`);
  db.close();
}

test("a file that was closed carries no mark and opens whatever start of the machine it is", () => {
  const path = join(dir, "index.sqlite");
  const store = openIndexStore(path, "s");
  store.add([{ seq: 1, event: anEvent("a", {}) }], 1);
  store.close();
  expect(markOf(path)).toBe(0);
  const again = openIndexStore(path, "s");
  expect(again.event("a")?.id).toBe("a");
  again.close();
});

test("the file of a process that was killed opens with all that was written, as long as the machine has not gone down", () => {
  const path = join(dir, "index.sqlite");
  const store = openIndexStore(path, "s");
  store.add([{ seq: 1, event: anEvent("a", {}) }], 1);
  // What a killed process leaves is the files as they are at that moment.
  const left = join(dir, "left.sqlite");
  for (const suffix of ["", "-wal"]) cpSync(path + suffix, left + suffix);
  store.close();
  const again = openIndexStore(left, "s");
  expect(again.event("a")?.id).toBe("a");
  again.close();
});

test("a file that was open when the machine went down is refused, and the index is built again", async () => {
  await using given = await startIndexBus();
  await given.store(100);
  const index = await given.open();
  expect((await index.query(everything, 100)).total).toBe(100);
  await index.stop();
  setMark(given.path, 1);
  expect(() => openIndexStore(given.path, "whatever")).toThrow(MachineWentDown);
  const again = await given.open();
  expect((await again.query(everything, 100)).total).toBe(100);
  expect(given.dropped).toMatchObject([expect.stringContaining("the machine went down")]);
});
