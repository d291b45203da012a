// Frames: JSON documents over a byte stream, each after its length in bytes (4 bytes, big endian).
//
//   F1. A frame longer than the reader's limit, or of length 0, is bad; nothing after it can be trusted, and nothing is read.
//   F2. The reader holds at most one frame and the chunk that it came with, as copies: whoever gave a chunk may reuse its memory.
//   F3. What this file needs of the language is taken when it is loaded: the runner's process also holds user code, which may
//       replace what it likes.

const { parse } = JSON;
const allocUnsafe = Buffer.allocUnsafe.bind(Buffer);
const byteLength = Buffer.byteLength.bind(Buffer);
const concat = Buffer.concat.bind(Buffer);

export const headBytes = 4;

/** `json` is the document's text. */
export function frameOf(json: string): Buffer {
  const bytes = byteLength(json);
  const frame = allocUnsafe(headBytes + bytes);
  frame.writeUInt32BE(bytes);
  frame.write(json, headBytes);
  return frame;
}

export type FrameReader = {
  /** False when the stream is bad; it stays so. */
  read(chunk: Buffer): boolean;
};

/** `onFrame` says whether it accepts the document; a stream with one that is not accepted is bad. */
export function createFrameReader(bytesMax: number, onFrame: (document: unknown) => boolean): FrameReader {
  let parts: Buffer[] = [];
  let heldBytes = 0;
  let bad = false;

  return {
    read(chunk) {
      if (bad) return false;
      if (parts.length === 0) {
        take(chunk);
        return !bad;
      }
      parts.push(concat([chunk]));
      heldBytes += chunk.length;
      const first = parts[0] ?? chunk;
      // A long frame comes in many chunks; they are put together once, when it is complete.
      if (first.length >= headBytes && heldBytes < headBytes + first.readUInt32BE()) return true;
      const all = concat(parts, heldBytes);
      parts = [];
      heldBytes = 0;
      take(all);
      return !bad;
    },
  };

  /** Works off whole frames and keeps the rest. */
  function take(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const length = bytes.readUInt32BE(at);
      if (length === 0 || length > bytesMax) {
        bad = true;
        return;
      }
      const end = at + headBytes + length;
      if (end > bytes.length) break;
      if (!deliver(bytes, at + headBytes, end)) {
        bad = true;
        return;
      }
      at = end;
    }
    if (at === bytes.length) return;
    const rest = concat([bytes.subarray(at)]);
    parts = [rest];
    heldBytes = rest.length;
  }

  function deliver(bytes: Buffer, from: number, to: number): boolean {
    let document: unknown;
    try {
      document = parse(bytes.toString("utf8", from, to));
    } catch {
      return false;
    }
    return onFrame(document);
  }
}
