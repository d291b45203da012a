// The file that an agent process writes its own few lines to.
import { open, stat, truncate } from "node:fs/promises";

const logBytesMax = 1024 * 1024;
const tailBytesMax = 64 * 1024;

/** Empties a log over its limit; the agent appends, so it goes on at the beginning. */
export async function trimLog(path: string): Promise<void> {
  const size = await sizeOf(path);
  if (size > logBytesMax) await truncate(path);
}

export async function lastLinesOf(path: string, lineCount: number): Promise<readonly string[]> {
  const size = await sizeOf(path);
  if (size === 0) return [];
  const length = Math.min(size, tailBytesMax);
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString("utf8", 0, bytesRead).replace(/\r?\n$/, "");
    return text.split(/\r?\n/).slice(-lineCount);
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
