// How far the slots of every time workflow have been decided: the bucket `slots`, written by compare-and-set, so that of two
// controllers that decide the same slot one decides it.
//
//   C1. A cursor holds the reports of the decision that wrote it: whoever finds their events missing can store them.
//   C2. Reads come from memory, which follows the bucket. Whoever loses a write has learnt the winner's cursor by then.
import type { KV, KvEntry } from "@nats-io/kv";
import { token } from "../../bus/subjects.ts";
import type { SlotReport } from "../../model/slot.ts";
import type { LastRun } from "./slot-reporting.ts";

const cursorSchema = 1;
/** JetStream API error code: the last revision is not the expected one. */
const wrongLastSequence = 10_071;

export type SlotCursor = {
  readonly schema: typeof cursorSchema;
  readonly workflow: string;
  /** Of the process that wrote it. */
  readonly by: string;
  /** ISO 8601 instant. */
  readonly writtenAt: string;
  /** The schedule that it belongs to (schedule-key.ts); it says nothing about any other. */
  readonly schedule: string;
  /** The due time of the last slot that was decided. */
  readonly through: string;
  readonly last: LastRun | null;
  /** The run that the decision ends. */
  readonly replaced: string | null;
  readonly reports: readonly SlotReport[];
};

export type SlotCursors = {
  get(workflow: string): SlotCursor | null;
  all(): SlotCursor[];
  /** True when it is stored; false when somebody else wrote meanwhile. */
  write(cursor: Omit<SlotCursor, "schema" | "by">): Promise<boolean>;
  /** Of a workflow that has no time schedule any more. Rejects when somebody else wrote meanwhile. */
  forget(workflow: string): Promise<void>;
  /** Calls back for every cursor that another process stores from now on; the result ends that. */
  onForeign(listener: (cursor: SlotCursor) => void): () => void;
  stop(): void;
};

/** `onFailure` hears when the bucket can no longer be followed. Decisions stay right: a write from a stale cursor loses. */
export async function openSlotCursors(kv: KV, onFailure: (error: Error) => void): Promise<SlotCursors> {
  const self = crypto.randomUUID();
  const known = new Map<string, { readonly cursor: SlotCursor | null; readonly sequence: number }>();
  const listeners = new Set<(cursor: SlotCursor) => void>();
  const watch = await kv.watch();
  const filled = Promise.withResolvers<void>();
  void follow().catch((error: Error) => {
    filled.reject(error);
    onFailure(error);
  });
  if ((await kv.status()).values === 0) filled.resolve();
  await filled.promise;

  return {
    get: (workflow) => known.get(keyOf(workflow))?.cursor ?? null,
    all: () => [...known.values()].map(({ cursor }) => cursor).filter((cursor) => cursor !== null),
    async write(written) {
      const cursor: SlotCursor = { schema: cursorSchema, by: self, ...written };
      const key = keyOf(cursor.workflow);
      const text = JSON.stringify(cursor);
      try {
        const sequence = await kv.put(key, text, { previousSeq: known.get(key)?.sequence ?? 0 });
        learn(key, cursor, sequence);
        return true;
      } catch (error) {
        if ((error as { code?: number }).code !== wrongLastSequence) throw error;
        const stored = await kv.get(key);
        if (stored) learn(key, decode(stored), stored.revision);
        // A write whose answer was lost is stored all the same.
        return stored?.operation === "PUT" && stored.string() === text;
      }
    },
    async forget(workflow) {
      const key = keyOf(workflow);
      const { cursor, sequence } = known.get(key) ?? { cursor: null, sequence: 0 };
      if (cursor !== null) await kv.purge(key, { previousSeq: sequence });
    },
    onForeign(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: () => watch.stop(),
  };

  async function follow(): Promise<void> {
    for await (const update of watch) {
      const cursor = decode(update);
      const isNew = learn(update.key, cursor, update.revision);
      if (isNew && update.isUpdate && cursor && cursor.by !== self) for (const listener of listeners) listener(cursor);
      if (update.delta === 0) filled.resolve();
    }
  }

  function learn(key: string, cursor: SlotCursor | null, sequence: number): boolean {
    if ((known.get(key)?.sequence ?? 0) >= sequence) return false;
    known.set(key, { cursor, sequence });
    return true;
  }
}

/** Null for a deletion. */
function decode(stored: KvEntry): SlotCursor | null {
  if (stored.operation !== "PUT") return null;
  const cursor = stored.json<SlotCursor>();
  if (cursor.schema === cursorSchema) return cursor;
  throw new Error(
    `${stored.bucket}/${stored.key} was written with another schema (${JSON.stringify(cursor.schema)}); this version reads schema ${String(cursorSchema)}`,
  );
}

/** A bucket's keys take no `%`; `=` stands in no name of a workflow. */
function keyOf(workflow: string): string {
  return token(workflow).replaceAll("%", "=");
}
