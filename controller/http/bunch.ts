// Frames that go out in one write. Immutable: who has been sent the same frames holds the same bunch, whose bytes are put together
// once for all of them.

export type Bunch = {
  readonly length: number;
  plus(frame: Buffer): Bunch;
  bytes(): Buffer;
};

export const noFrames: Bunch = { length: 0, plus: follow(null), bytes: () => Buffer.alloc(0) };

function bunchOf(frames: Frames): Bunch {
  let bytes: Buffer | null = null;
  return { length: frames.length, plus: follow(frames), bytes: () => (bytes ??= together(frames)) };
}

type Frames = { readonly before: Frames | null; readonly frame: Buffer; readonly length: number };

/** Only the bunch that was asked for last is kept: an event is handed to all tailers before the next one. */
function follow(before: Frames | null): (frame: Buffer) => Bunch {
  let last: { readonly frame: Buffer; readonly bunch: Bunch } | null = null;
  return (frame) => {
    if (last?.frame !== frame)
      last = { frame, bunch: bunchOf({ before, frame, length: (before?.length ?? 0) + frame.length }) };
    return last.bunch;
  };
}

function together(last: Frames): Buffer {
  if (last.before === null) return last.frame;
  const frames: Buffer[] = [];
  for (let one: Frames | null = last; one !== null; one = one.before) frames.push(one.frame);
  return Buffer.concat(frames.toReversed(), last.length);
}
