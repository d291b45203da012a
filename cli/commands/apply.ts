// Sends files to the controller, each as one request: all documents of a file are taken or none. A refused file does not keep
// the others from being applied.
import { readSources, type Source } from "../documents.ts";
import { Failure, Refused } from "../failure.ts";
import type { Session } from "../session.ts";
import type { Applied } from "../views.ts";
import { prune } from "./prune.ts";

/** An answer that takes longer is explained to whoever waits. */
const slowMs = 4_000;

/** With `prune`, what none of the files names is deleted afterwards, but only when all of them were taken. */
export async function apply(
  session: Session,
  paths: readonly string[],
  options: { readonly prune: boolean; readonly newestPackages: boolean },
): Promise<void> {
  const sources = await readSources(paths);
  const refusals = await sendEach(session, sources, (source) =>
    saidIfSlow(session, source, session.api.apply(source, options)),
  );
  if (refusals.length > 0 && options.prune) refusals.push("nothing was deleted, as not every file was taken");
  if (refusals.length > 0) throw new Failure(refusals.join("\n"));
  if (options.prune) await prune(session, sources);
}

export async function deleteFiles(session: Session, paths: readonly string[]): Promise<void> {
  const refusals = await sendEach(session, await readSources(paths), (source) => session.api.deleteAll(source));
  if (refusals.length > 0) throw new Failure(refusals.join("\n"));
}

async function saidIfSlow<T>(session: Session, source: Source, answer: Promise<T>): Promise<T> {
  const line = `${source.name}: still waiting for the controller; it may be installing npm packages`;
  const timer = setTimeout(() => session.say(line), slowMs);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

/** The lines of those that were refused. */
async function sendEach(
  session: Session,
  sources: readonly Source[],
  send: (source: Source) => Promise<Applied[]>,
): Promise<string[]> {
  const refusals: string[] = [];
  for (const source of sources) {
    try {
      for (const applied of await send(source)) report(session, source, applied);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(...error.lines.map((line) => `${source.name}: ${line}`));
    }
  }
  return refusals;
}

function report(
  session: Session,
  source: Source,
  { kind, name, action, revision, redeployed, warnings }: Applied,
): void {
  const revisionText = action === "created" || action === "updated" ? `, revision ${revision}` : "";
  session.print(`${kind} ${name} ${action}${revisionText}${redeployed ? ", redeploying" : ""}\n`);
  for (const warning of warnings ?? []) session.say(`${source.name}: warning: ${warning}`);
}
