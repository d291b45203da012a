// Bytes that should be text. What is no UTF-8 is refused with its place: a decoder that replaces it would store something else than
// what was sent, and nobody would know.
import { isUtf8 } from "node:buffer";
import { type Parsed, accepted, refused } from "./problem.ts";

const byteOrderMark = 0xfe_ff;
/** What a decoder writes for bytes that it cannot read. It may also stand there by itself. */
const replacement = "\uFFFD";

export function readUtf8(bytes: Uint8Array, at: string): Parsed<string> {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString();
  // This is the path of every event: the second look at all bytes is for the few texts that call for it.
  if (text.includes(replacement) && !isUtf8(bytes)) {
    const offset = invalidAt(bytes);
    const byte = bytes[offset]?.toString(16).padStart(2, "0");
    const got = `the byte 0x${byte} at offset ${offset}`;
    return refused({ path: at, expected: "text in UTF-8", got, fix: "encode it in UTF-8" });
  }
  return accepted(text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text);
}

/** The offset at which the longest beginning that is right ends. */
function invalidAt(bytes: Uint8Array): number {
  let right = 0;
  let wrong = bytes.length;
  while (right < wrong) {
    const middle = (right + wrong + 1) >> 1;
    if (beginsRight(bytes.subarray(0, middle))) right = middle;
    else wrong = middle - 1;
  }
  return Math.min(right, bytes.length - 1);
}

/** A character may be cut off at the end. */
function beginsRight(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
