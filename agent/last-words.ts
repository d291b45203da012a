// The end of what a process wrote to stderr: for people the best answer to "why did it fail?". Without the secrets of its workflow.
import { type Mask, noMask } from "../model/mask.ts";

const keptBytesMax = 8 * 1024;
const headlineCharsMax = 300;
const nothing = Buffer.alloc(0);

export type LastWords = {
  write(chunk: Buffer): void;
  text(): string;
  /** Somebody else speaks from now on. */
  clear(): void;
};

/** Keeps the last 8 KiB, from the beginning of a line where there is one. */
export function createLastWords(mask: Mask = noMask): LastWords {
  // A secret that was cut at its beginning lies within the first mask.bytesMax bytes.
  const heldBytesMax = keptBytesMax + mask.bytesMax;
  let kept: Buffer = nothing;
  let cut = false;
  return {
    write(chunk) {
      const all = Buffer.concat([kept, chunk.subarray(-heldBytesMax)]);
      cut ||= chunk.length > heldBytesMax || all.length > heldBytesMax;
      kept = all.subarray(-heldBytesMax);
    },
    clear() {
      kept = nothing;
      cut = false;
    },
    text() {
      const doubtful = cut ? kept.toString("utf8", 0, mask.bytesMax).length : 0;
      const text = mask.tail(kept.toString("utf8"), doubtful);
      const firstEnd = text.indexOf("\n");
      return (cut && firstEnd !== -1 && firstEnd < text.length - 1 ? text.slice(firstEnd + 1) : text).trimEnd();
    },
  };
}

/**
 * One line out of many: the message of an uncaught error as Node prints it (`TypeError: x is not a function`), else the last
 * line that says something.
 */
export function headline(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const thrown = lines.findLast((line) => /^(?:Uncaught )?\w*(?:Error|Exception)\b(?: \[\w+\])?(?::|$)/.test(line));
  const telling = lines.findLast((line) => line !== "" && !/^(?:at |Node\.js v|\(Use `node|\}|\{)/.test(line));
  return (thrown ?? telling ?? "").slice(0, headlineCharsMax);
}
