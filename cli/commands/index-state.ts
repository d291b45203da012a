// How the event index is, and having it built again.
import { setTimeout as delay } from "node:timers/promises";
import { type Format, serialised } from "../format.ts";
import { type IndexState, indexSheet } from "../index-text.ts";
import type { Session } from "../session.ts";

const lookEveryMs = 500;

export async function indexStatus(session: Session, output: Format | "text"): Promise<void> {
  const index = await stateOf(session);
  session.print(output === "text" ? indexSheet(index) : serialised(index, output));
}

/** `wait`: until it has seen all that the stream held; Ctrl-C ends the waiting and not the work. */
export async function indexRebuild(session: Session, { wait }: { readonly wait: boolean }): Promise<void> {
  const begun: IndexState = JSON.parse(await session.api.text({ method: "POST", path: "/index/rebuild" }));
  if (!wait) return session.print(indexSheet(begun));
  const interrupted = session.interruption();
  let index = begun;
  while (index.rebuilding !== null && !interrupted.aborted) {
    session.say(`${index.rebuilding.through} of ${index.rebuilding.of}`);
    await delay(lookEveryMs, null, { signal: interrupted }).catch(() => {});
    index = await stateOf(session);
  }
  session.print(indexSheet(index));
}

async function stateOf(session: Session): Promise<IndexState> {
  return JSON.parse(await session.api.text({ path: "/index" }));
}
