// How deep a JSON text goes, without reading it: JSON.parse takes any depth, and whoever writes the result again, or walks through
// it, overflows the stack.

const quote = 34;
const backslash = 92;
const openings: ReadonlySet<number> = new Set([91, 123]);
const closings: ReadonlySet<number> = new Set([93, 125]);

/** `text` is JSON; of any other text the answer means nothing. */
export function isDeeperThan(levelsMax: number, text: string): boolean {
  // What opens must close.
  if (text.length <= 2 * levelsMax) return false;
  let levels = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) inString = !inString;
    else if (inString) at += Number(code === backslash);
    else if (openings.has(code)) levels += 1;
    else if (closings.has(code)) levels -= 1;
    if (levels > levelsMax) return true;
  }
  return false;
}
