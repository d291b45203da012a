// The disk of the home, which holds the event store and the index, takes no more. What was accepted stays; nothing more is accepted
// until there is room again.
import type { Fault } from "./fault.ts";

/** Some writes still find room, others do not: that is worse than none. */
const roomBytes = 65_536;

export const diskFull: Fault = {
  name: "disk-full",
  holdSecondsMax: 20,
  async inject({ disk }) {
    disk?.fill(roomBytes);
    return disk && { what: "filled the disk of the home", undo: () => disk.empty() };
  },
};
