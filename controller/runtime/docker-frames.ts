// The engine sends the output of a container without a terminal in frames: one byte for the stream, three of nothing, four of
// length, then the payload. One frame is one write that the engine recorded.

const headerBytes = 8;
const stderrType = 2;

export type Frame = { readonly stream: "stdout" | "stderr"; readonly text: string };

/** The frames of a body that is there as a whole. */
export function framesOf(body: Buffer): Frame[] {
  return [...createFrameReader()(body)];
}

/** Returns a function that takes the next bytes, however they were cut, and yields the frames that are complete by now. */
export function createFrameReader(): (bytes: Buffer) => Generator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  return function* read(bytes) {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(4);
      if (rest.length < end) return;
      const stream = rest[0] === stderrType ? "stderr" : "stdout";
      const text = rest.toString("utf8", headerBytes, end);
      rest = rest.subarray(end);
      yield { stream, text };
    }
  };
}
