// One connection that is written to without being waited for.
//
//   O1. A reader that leaves more than unreadBytesMax unread is cut off, with a last frame that says so.
//   O2. Whoever has more than the reader takes now, such as the past, asks for room first and is not cut off, as long as the reader
//       reads at all: one that takes nothing for stallMs is.
//   O3. `onEnd` is called once, whoever ends the connection.
import type { Writable } from "node:stream";
import { noFrames } from "./bunch.ts";
import { pace } from "./pace.ts";

const unreadBytesMax = 1_048_576;
const stallMs = 30_000;
/** So much goes out at once, whenever the last write was. */
const bunchBytesMax = 32_768;
const closeWaitMs = 5_000;

export type Outlet = {
  /** In its turn; several frames go out together. */
  send(frame: Buffer): void;
  /** Null when there is room now. */
  room(): Promise<void> | null;
  /** After everything that was sent. */
  end(last: Buffer | null): void;
};

/** `cutOff` makes the last frame for a reader that is too slow. */
export function createOutlet(
  out: Writable,
  { cutOff, onEnd }: { cutOff: (reason: string) => Buffer; onEnd: () => void },
): Outlet {
  let pending = noFrames;
  let isQueued = false;
  let writtenMs = -Infinity;
  let ended = false;
  out.once("close", finish);
  // What goes wrong with a connection is followed by its close.
  out.on("error", () => {});
  // It may have been closed before; whoever is told so has to have this outlet first.
  if (out.destroyed) queueMicrotask(finish);

  return {
    send(frame) {
      if (ended) return;
      pending = pending.plus(frame);
      if (pending.length >= bunchBytesMax || (!isQueued && pace.isFree(writtenMs))) flush();
      else if (!isQueued) {
        isQueued = true;
        pace.later(inTurn);
      }
    },
    room: () => (ended || !out.writableNeedDrain ? null : drained()),
    end(last) {
      if (ended) return;
      if (last !== null) pending = pending.plus(last);
      close(pending.bytes());
    },
  };

  function inTurn(): void {
    isQueued = false;
    flush();
  }

  function flush(): void {
    if (ended || pending.length === 0) return;
    if (out.writableLength > unreadBytesMax) return cut(`more than ${unreadBytesMax} bytes were left unread`);
    const bytes = pending.bytes();
    pending = noFrames;
    writtenMs = performance.now();
    out.write(bytes);
  }

  function drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        cut(`nothing was read for ${stallMs / 1_000} s`);
        done();
      }, stallMs);
      out.once("drain", done);
      out.once("close", done);
      function done(): void {
        clearTimeout(timer);
        out.off("drain", done);
        out.off("close", done);
        resolve();
      }
    });
  }

  function cut(reason: string): void {
    close(cutOff(`cut off: ${reason}`));
  }

  /** A reader that reads nothing does not read the end either. */
  function close(last: Buffer): void {
    out.end(last);
    setTimeout(() => out.destroy(), closeWaitMs).unref();
    finish();
  }

  function finish(): void {
    if (ended) return;
    ended = true;
    pending = noFrames;
    onEnd();
  }
}
