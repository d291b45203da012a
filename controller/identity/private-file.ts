// A file that is either there whole or not at all, and that nobody but its owner reads.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const ownerOnly = 0o600;

export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.new`;
  writeFileSync(unfinished, text, { mode: ownerOnly });
  renameSync(unfinished, path);
}
