// Sends files to the controller, each as one request: all documents of a file are taken or none. A refused file does not keep
// the others from being applied.
import { readSources, type Source } from "../documents.ts";
import { Failure, Refused } from "../failure.ts";
import type { Session } from "../session.ts";
import type { Applied } from "../views.ts";

export function apply(session: Session, paths: readonly string[]): Promise<void> {
  return sendEach(session, paths, (source) => session.api.apply(source));
}

export function deleteFiles(session: Session, paths: readonly string[]): Promise<void> {
  return sendEach(session, paths, (source) => session.api.deleteAll(source));
}

async function sendEach(
  session: Session,
  paths: readonly string[],
  send: (source: Source) => Promise<Applied[]>,
): Promise<void> {
  const refusals: string[] = [];
  for (const source of await readSources(paths)) {
    try {
      for (const applied of await send(source)) report(session, source, applied);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(...error.lines.map((line) => `${source.name}: ${line}`));
    }
  }
  if (refusals.length > 0) throw new Failure(refusals.join("\n"));
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
