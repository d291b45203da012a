// What the process runtime knows of its instances, one file each, so that a restarted controller finds them again (R1). A record
// holds nothing of the assignment.
//
//   C1. A record is replaced as a whole or not at all; only its owner can read it.
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-tree.ts";
import type { InstanceState } from "./runtime.ts";

const ownerOnlyFile = 0o600;
const ownerOnlyFolder = 0o700;
const suffix = ".json";

export type ProcessRecord = {
  readonly instance: string;
  readonly workflow: string;
  readonly deployment: string;
  readonly revision: number;
  readonly state:
    | { readonly kind: "running"; readonly startedAt: string; readonly process: ProcessIdentity }
    | Extract<InstanceState, { kind: "exited" }>;
};

export type ProcessRecords = {
  all(): Promise<readonly ProcessRecord[]>;
  read(instance: string): Promise<ProcessRecord | null>;
  write(record: ProcessRecord): Promise<void>;
  /** Removes the record and the log. */
  remove(instance: string): Promise<void>;
  /** Where the agent's own output goes. */
  logPath(instance: string): string;
};

export async function openProcessRecords(folder: string): Promise<ProcessRecords> {
  await mkdir(folder, { recursive: true, mode: ownerOnlyFolder });
  const recordPath = (instance: string) => join(folder, fileName(instance) + suffix);
  const logPath = (instance: string) => join(folder, `${fileName(instance)}.log`);

  return {
    logPath,
    async all() {
      const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
      const records = await Promise.all(names.map((name) => load(join(folder, name))));
      return records.filter((record) => record !== null);
    },
    read: (instance) => load(recordPath(instance)),
    async write(record) {
      const temporary = join(folder, `.${randomUUID()}`);
      await writeFile(temporary, JSON.stringify(record), { mode: ownerOnlyFile });
      await rename(temporary, recordPath(record.instance));
    },
    async remove(instance) {
      await Promise.all([rm(recordPath(instance), { force: true }), rm(logPath(instance), { force: true })]);
    },
  };
}

async function load(path: string): Promise<ProcessRecord | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  return isRecord(value) ? value : null;
}

/** Records are written here alone and as a whole; this tells them from a file that somebody else put into the folder. */
function isRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== "object" || value === null) return false;
  const { instance, workflow, state } = value as { instance?: unknown; workflow?: unknown; state?: unknown };
  return typeof instance === "string" && typeof workflow === "string" && typeof state === "object" && state !== null;
}

/** An instance's name as a file name; a hash keeps two apart that would look the same. */
function fileName(instance: string): string {
  const fitting = instance.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 150);
  if (fitting === instance) return fitting;
  return `${fitting}-${createHash("sha256").update(instance).digest("hex").slice(0, 8)}`;
}
