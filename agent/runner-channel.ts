// The runner's end of file descriptor 3: frames from and to the agent.
//
//   N1. Until a handler stands by, reading and writing block: a spare costs no event loop, and nothing here keeps a script alive.
//   N2. Writing is complete when `send` returns, so what was said is not lost when the process ends right after.
//   N3. An agent that is gone ends the process.
import { readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { createFrameReader, frameOf, headBytes } from "./frames.ts";
import { type Load, type ToRunner, runnerFd, toRunnerBytesMax } from "./runner-frames.ts";

const { parse } = JSON;
const allocUnsafe = Buffer.allocUnsafe.bind(Buffer);
const exit = process.exit.bind(process);

/** Large enough for nearly every event in one read. */
const receiveBytes = 64 * 1024;

export type Channel = {
  /** Blocks until the agent sends the script. */
  receive(): Load;
  /** Throws when the channel cannot be written to. */
  send(json: string): void;
  /** From now on hears of every frame, and keeps the process alive. */
  listen(onFrame: (frame: ToRunner) => void): void;
};

export function openChannel(): Channel {
  let socket: Socket | null = null;

  return {
    receive: () => parse(readExactly(readExactly(headBytes).readUInt32BE()).toString("utf8")),
    send(json) {
      let frame = frameOf(json);
      try {
        while (frame.length > 0) frame = frame.subarray(writeSync(runnerFd, frame));
      } catch (error) {
        // Once it listens, its end does not block; then the rest waits for room.
        if (socket === null || !isFull(error)) throw error;
        socket.write(frame);
      }
    },
    listen(onFrame) {
      const reader = createFrameReader(toRunnerBytesMax, (document) => {
        onFrame(document as ToRunner);
        return true;
      });
      const buffer = allocUnsafe(receiveBytes);
      const onread = {
        buffer,
        callback: (bytes: number) => reader.read(buffer.subarray(0, bytes)),
      };
      socket = new Socket({ fd: runnerFd, readable: true, writable: true, onread });
      socket.on("error", () => exit());
      socket.on("close", () => exit());
      // Without one a socket with a descriptor waits for a reader.
      socket.resume();
    },
  };
}

function readExactly(bytes: number): Buffer {
  const buffer = allocUnsafe(bytes);
  for (let at = 0; at < bytes;) {
    const read = readSync(runnerFd, buffer, at, bytes - at, null);
    if (read === 0) exit(0);
    at += read;
  }
  return buffer;
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
