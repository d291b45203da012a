// What differs between two texts, line by line: which lines go, which come, and a few around them that stay. Pure.

export type Line = { readonly kind: "same" | "gone" | "new"; readonly text: string };
/** Lines that belong together; `at` counts from 1, in the text before. */
export type Hunk = { readonly at: number; readonly lines: readonly Line[] };

const contextLines = 3;
/** The comparison takes a table of so many cells, 2 bytes each; texts that differ over more are shown as one replaced whole. */
const cellsMax = 4_000_000;

export function lineDifference(before: string, after: string): Hunk[] {
  const end = [before, after].every((text) => text === "" || text.endsWith("\n")) ? "\n" : "";
  return hunksOf(compare(linesOf(before, end), linesOf(after, end)));
}

/** `end`: what both texts end with, and which begins no line of its own. */
function linesOf(text: string, end: string): string[] {
  return text === "" ? [] : text.slice(0, text.length - end.length).split("\n");
}

/** What both begin and end with is set aside first: the table then only covers what was edited. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return [
    ...as("same", before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...as("same", before.slice(before.length - tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length * after.length > cellsMax) return [...as("gone", before), ...as("new", after)];
  const common = commonLengths(before, after);
  const width = after.length + 1;
  const lines: Line[] = [];
  let b = 0;
  let a = 0;
  while (b < before.length && a < after.length) {
    if (before[b] === after[a]) {
      lines.push({ kind: "same", text: before[b] ?? "" });
      b++;
      a++;
    } else if ((common[(b + 1) * width + a] ?? 0) >= (common[b * width + a + 1] ?? 0)) {
      lines.push({ kind: "gone", text: before[b++] ?? "" });
    } else {
      lines.push({ kind: "new", text: after[a++] ?? "" });
    }
  }
  return [...lines, ...as("gone", before.slice(b)), ...as("new", after.slice(a))];
}

/** At row b and column a: how many lines the rests from there on have in common, in order. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array {
  const width = after.length + 1;
  // No length is over that of the shorter text, which cellsMax keeps at 2,000 lines.
  const common = new Uint16Array((before.length + 1) * width);
  for (let b = before.length - 1; b >= 0; b--) {
    for (let a = after.length - 1; a >= 0; a--) {
      common[b * width + a] =
        before[b] === after[a]
          ? (common[(b + 1) * width + a + 1] ?? 0) + 1
          : Math.max(common[(b + 1) * width + a] ?? 0, common[b * width + a + 1] ?? 0);
    }
  }
  return common;
}

function hunksOf(lines: readonly Line[]): Hunk[] {
  const hunks: Hunk[] = [];
  let open: { at: number; lines: Line[]; sameAtEnd: number } | null = null;
  let line = 1;
  const recent: Line[] = [];
  for (const one of lines) {
    if (one.kind !== "same") {
      open ??= { at: line - recent.length, lines: [...recent], sameAtEnd: 0 };
      open.sameAtEnd = 0;
    } else if (open) open.sameAtEnd++;
    open?.lines.push(one);
    if (open && open.sameAtEnd > 2 * contextLines) {
      hunks.push({ at: open.at, lines: open.lines.slice(0, contextLines - open.sameAtEnd) });
      open = null;
    }
    if (one.kind === "same") {
      recent.push(one);
      if (recent.length > contextLines) recent.shift();
    } else recent.length = 0;
    if (one.kind !== "new") line++;
  }
  if (open) {
    const surplus = Math.max(0, open.sameAtEnd - contextLines);
    hunks.push({ at: open.at, lines: surplus === 0 ? open.lines : open.lines.slice(0, -surplus) });
  }
  return hunks;
}

function as(kind: Line["kind"], texts: readonly string[]): Line[] {
  return texts.map((text) => ({ kind, text }));
}
