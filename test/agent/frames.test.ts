import { expect, test } from "vitest";
import { createFrameReader, frameOf } from "../../agent/frames.ts";

function reader(bytesMax = 1_000) {
  const documents: unknown[] = [];
  const frames = createFrameReader(bytesMax, (document) => {
    documents.push(document);
    return document !== "refused";
  });
  return { documents, frames };
}

test("documents come out as they went in, however the bytes are cut", () => {
  const given = [{ a: "ä€😀" }, [1, 2, 3], "x".repeat(500), null];
  const bytes = Buffer.concat(given.map((document) => frameOf(JSON.stringify(document))));
  for (const chunkBytes of [1, 2, 3, 4, 5, 7, 64, bytes.length]) {
    const { documents, frames } = reader();
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      expect(frames.read(bytes.subarray(at, at + chunkBytes))).toBe(true);
    }
    expect(documents).toEqual(given);
  }
});

test("a chunk's memory may be used again before its frame is complete", () => {
  const { documents, frames } = reader();
  const bytes = frameOf(`"unchanged"`);
  const memory = Buffer.alloc(6);
  for (let at = 0; at < bytes.length; at += memory.length) {
    const copied = bytes.copy(memory, 0, at, at + memory.length);
    frames.read(memory.subarray(0, copied));
  }
  expect(documents).toEqual(["unchanged"]);
});

test.each([
  { what: "a frame over the limit", bytes: frameOf(JSON.stringify("x".repeat(1_000))) },
  { what: "an empty frame", bytes: frameOf("") },
  { what: "text that is no JSON", bytes: frameOf("{") },
  { what: "a document that nobody wants", bytes: frameOf(`"refused"`) },
  { what: "a line of text", bytes: Buffer.from("hello world\n") },
])("after $what nothing is read any more", ({ bytes }) => {
  const { documents, frames } = reader();
  expect(frames.read(Buffer.concat([frameOf("1"), bytes, frameOf("2")]))).toBe(false);
  expect(frames.read(frameOf("3"))).toBe(false);
  expect(documents.filter((document) => document !== "refused")).toEqual([1]);
});
