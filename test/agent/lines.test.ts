import { expect, test } from "vitest";
import { type Line, createLines } from "../../agent/lines.ts";

const lineBytesMax = 16 * 1024;

function linesOf(chunks: readonly (string | Buffer)[]): Line[] {
  const found: Line[] = [];
  const lines = createLines((line) => found.push(line));
  for (const chunk of chunks) lines.write(Buffer.from(chunk));
  lines.end();
  return found;
}

test("lines end at a newline wherever the chunks end", () => {
  expect(linesOf(["a", "b\nc", "\n", "\nd\n"]).map(({ text }) => text)).toEqual(["ab", "c", "", "d"]);
});

test("a last line without a newline is a line", () => {
  expect(linesOf(["a\nb"])).toEqual([
    { text: "a", cutBytes: 0 },
    { text: "b", cutBytes: 0 },
  ]);
});

test("a character that is split over two chunks stays whole", () => {
  const bytes = Buffer.from("a€b\n");
  for (let at = 1; at < bytes.length; at += 1) {
    expect(linesOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual([{ text: "a€b", cutBytes: 0 }]);
  }
});

test("a carriage return at the end of a line is no part of it", () => {
  expect(linesOf(["a\r", "\nb\rc\r\n"]).map(({ text }) => text)).toEqual(["a", "b\rc"]);
});

test("what is over the limit is counted, not kept, and the next line is whole", () => {
  const [long, next] = linesOf(["x".repeat(lineBytesMax - 1), "yyyy", "yyy\nnext\n"]);
  expect(long).toEqual({ text: `${"x".repeat(lineBytesMax - 1)}y`, cutBytes: 6 });
  expect(next).toEqual({ text: "next", cutBytes: 0 });
});

test.each(["é", "€", "😀"])("the cut does not go through a character (%s)", (character) => {
  const width = Buffer.byteLength(character);
  for (let inside = 0; inside <= width; inside += 1) {
    const filler = "x".repeat(lineBytesMax - inside);
    const [line] = linesOf([`${filler}${character}tail\n`]);
    const kept = inside === width;
    expect(line).toEqual({ text: kept ? filler + character : filler, cutBytes: kept ? 4 : 4 + width });
  }
});
