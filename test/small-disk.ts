// A file system of its own in memory, which can be filled up and given room again. Needs root.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type SmallDisk = Disposable & {
  readonly folder: string;
  /** Leaves this much room. */
  fill(roomBytes: number): void;
  empty(): void;
};

export function mountSmallDisk(sizeBytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "drover-disk-"));
  const mount = (...options: string[]): unknown => execFileSync("mount", options);
  mount("-t", "tmpfs", "-o", `size=${sizeBytes},mode=0755`, "drover-test", folder);
  return {
    folder,
    fill(roomBytes) {
      const { blocks, bfree, bsize } = statfsSync(folder);
      // Of size 0 it would have no limit.
      const sizeBytesNow = Math.max((blocks - bfree) * bsize + roomBytes, bsize);
      mount("-o", `remount,size=${sizeBytesNow}`, folder);
    },
    empty: () => void mount("-o", `remount,size=${sizeBytes}`, folder),
    [Symbol.dispose]() {
      // Lazily: whatever was killed may still have a file open.
      execFileSync("umount", ["-l", folder]);
      rmdirSync(folder);
    },
  };
}
