// Copies a running installation into a folder, and checks such a folder.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type StreamCopy, manifestOf } from "../../model/backup.ts";
import { newFolder, verifiedManifest, writeCopy, writeManifest } from "../backup-folder.ts";
import { Failure } from "../failure.ts";
import { bytesText } from "../bytes-text.ts";
import type { Session } from "../session.ts";

type Begun = {
  readonly version: string;
  readonly installation: string;
  readonly handledThrough: number;
  readonly streams: readonly string[];
};

export async function backup(session: Session, folder: string): Promise<void> {
  await newFolder(folder);
  const begun: Begun = JSON.parse(await session.api.text({ path: "/backup" }));
  const { version, installation, handledThrough } = begun;
  const takenAt = new Date().toISOString();
  const interrupted = session.interruption();
  const streams: StreamCopy[] = [];
  for (const name of begun.streams) {
    const copied = await copyStream(session, folder, name, interrupted);
    streams.push(copied);
    session.print(`${name}: ${copied.messages} messages, ${bytesText(copied.bytes)}\n`);
  }
  await writeManifest(folder, manifestOf({ version, installation, takenAt, handledThrough, streams }));
  session.print(`backup of installation ${installation} in ${folder}\n`);
}

export async function verifyBackup(session: Session, folder: string): Promise<void> {
  const { installation, takenAt, streams } = await verifiedManifest(folder);
  const messages = streams.reduce((sum, one) => sum + one.messages, 0);
  session.print(`${folder}: whole backup of installation ${installation}, taken ${takenAt}, ${messages} messages\n`);
}

async function copyStream(session: Session, folder: string, name: string, signal: AbortSignal): Promise<StreamCopy> {
  const file = `${name}.snapshot`;
  try {
    const response = await session.api.open({ path: `/backup/${name}` }, signal);
    const { config, state } = shapeOf(response.headers.get("x-drover-stream"));
    if (!response.body) throw new Failure(`the controller sent nothing of ${name}`);
    const written = await writeCopy(join(folder, file), response.body);
    const { messages, first_seq: firstSequence, last_seq: lastSequence } = state;
    return { name, file, ...written, messages, firstSequence, lastSequence, config, state };
  } catch (error) {
    await rm(join(folder, file), { force: true });
    if (signal.aborted) throw new Failure(`interrupted; ${folder} holds no whole backup`);
    if (error instanceof Failure) throw error;
    throw new Failure(`${name} could not be copied: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type State = { readonly messages: number; readonly first_seq: number; readonly last_seq: number };

function shapeOf(header: string | null): { config: Record<string, unknown>; state: State } {
  if (header === null) throw new Failure("the controller did not say what it sent");
  return JSON.parse(Buffer.from(header, "base64url").toString());
}
