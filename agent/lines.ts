// Lines out of the bytes that a process writes. Works on bytes, so a character that is split over two chunks stays whole.
// A carriage return before the line's end is not part of it. Of a line longer than lineBytesMax the rest is counted, not kept.
// Secrets are masked in whole lines; of a long one so much more is kept that the cut goes through none of them.
import { type Mask, noMask } from "../model/mask.ts";

const lineBytesMax = 16 * 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** `cutBytes`: how many bytes of the line are missing at its end. */
export type Line = { readonly text: string; readonly cutBytes: number };

export type Lines = {
  write(chunk: Buffer): void;
  /** Nothing comes any more: what was written last, without a line's end, is a line too. */
  end(): void;
};

export function createLines(onLine: (line: Line) => void, mask: Mask = noMask): Lines {
  const keptBytesMax = lineBytesMax + mask.bytesMax;
  let parts: Buffer[] = [];
  let keptBytes = 0;
  let cutBytes = 0;

  return {
    write(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
        keep(chunk.subarray(from, at));
        emit();
        from = at + 1;
      }
      if (from < chunk.length) keep(chunk.subarray(from));
    },
    end() {
      if (keptBytes > 0 || cutBytes > 0) emit();
    },
  };

  function keep(part: Buffer): void {
    const kept = part.subarray(0, keptBytesMax - keptBytes);
    if (kept.length > 0) parts.push(kept);
    keptBytes += kept.length;
    cutBytes += part.length - kept.length;
  }

  function emit(): void {
    const bytes = Buffer.concat(parts, keptBytes);
    const allBytes = keptBytes + cutBytes;
    parts = [];
    keptBytes = 0;
    cutBytes = 0;
    if (allBytes <= lineBytesMax) {
      const length = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
      return onLine({ text: mask.text(bytes.toString("utf8", 0, length)), cutBytes: 0 });
    }
    const length = wholeCharacters(bytes.subarray(0, lineBytesMax));
    const characters = bytes.toString("utf8", 0, length).length;
    onLine({ text: mask.head(bytes.toString("utf8"), characters), cutBytes: allBytes - length });
  }
}

/** How many bytes remain when the UTF-8 character that the cut went through, if any, is left out. */
function wholeCharacters(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > 0 && bytes.length - start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + width > bytes.length ? start : bytes.length;
}
