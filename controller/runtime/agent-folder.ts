// The agent's bundle as files, for agents that run without a container.
//
//   F1. The folder is complete or not there: it is filled under another name first.
//   F2. User code of an agent that is root runs under another uid and must be able to read it, while root's own folders are
//       closed to others: then it lies in the system's folder for temporary files, and is used only when it is root's.
import { randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AgentEntries, bundleAgent } from "./agent-bundle.ts";

const readableByAll = 0o755;
const writableByOthers = 0o022;

/** Returns the folder, named by its content; it is there then. */
export async function ensureAgentFolder(options: { home: string; entries?: AgentEntries }): Promise<string> {
  const bundle = await bundleAgent(options.entries);
  const parent = process.getuid?.() === 0 ? tmpdir() : options.home;
  const folder = join(parent, `drover-agent-${bundle.hash.slice(0, 12)}`);
  if (await isOurs(folder)) return folder;

  const unfinished = `${folder}-${randomUUID()}`;
  for (const file of bundle.files) {
    const path = join(unfinished, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.contents);
  }
  await chmod(unfinished, readableByAll);
  try {
    await rename(unfinished, folder);
  } catch (error) {
    // Another controller was quicker, with the same content.
    await rm(unfinished, { recursive: true, force: true });
    if (!(await isOurs(folder))) throw error;
  }
  return folder;
}

async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  if (!found) return false;
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & writableByOthers) === 0) return true;
  throw new Error(`${folder} belongs to somebody else; remove it, or set TMPDIR to another folder`);
}
