import { expect, test } from "vitest";
import { createRoom } from "../../controller/runs/room.ts";

const nothing = { held: 0, more: 1 };

function taken(bytes: number): ReturnType<typeof createRoom> {
  const room = createRoom(1_000);
  room.counting()(bytes);
  return room;
}

test("one workflow takes half of the room at most", () => {
  expect(taken(500).reasonOf("flood", { held: 499, more: 1 })).toBeNull();
  expect(taken(500).reasonOf("flood", { held: 500, more: 1 })).toContain("the queue of flood is full");
});

test("floods leave the last part of the room to workflows of which little waits", () => {
  expect(taken(849).reasonOf("flood", { held: 100, more: 1 })).toBeNull();
  expect(taken(850).reasonOf("flood", { held: 100, more: 1 })).toContain("the rest is for workflows");
  expect(taken(999).reasonOf("other", { held: 10, more: 1 })).toBeNull();
});

test("what is on its way counts, for its workflow and for all", () => {
  const room = taken(800);
  const stored = room.take("flood", 45);
  const refused = room.take("flood", 5);
  expect(room.reasonOf("flood", nothing)).toContain("take 50 bytes");
  expect(room.reasonOf("other", { held: 50, more: 1 })).not.toBeNull();
  refused(false);
  expect(room.reasonOf("flood", nothing)).toBeNull();
  stored(true);
  expect(room.reasonOf("other", { held: 50, more: 5 })).toBeNull();
  expect(room.reasonOf("other", { held: 50, more: 6 })).not.toBeNull();
});

test("what was sent while the server counted counts once more, and no longer after the next count", () => {
  const room = taken(0);
  const settle = room.take("a", 100);
  const end = room.counting();
  room.take("a", 100)(true);
  settle(true);
  end(800);
  expect(room.reasonOf("b", { held: 50, more: 1 })).not.toBeNull();
  room.counting()(200);
  expect(room.reasonOf("b", { held: 50, more: 1 })).toBeNull();
});
