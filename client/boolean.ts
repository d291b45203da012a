/** Vamp's reading of a switch: `true`, `yes` and `1` in any case are true; everything else, and nothing at all, is false. */
export function boolean(word: string | number | boolean | null | undefined): boolean {
  if (word === null || word === undefined) return false;
  return ["true", "yes", "1"].includes(String(word).toLowerCase().trim());
}
