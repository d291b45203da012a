// How a value that came in is shown in a problem: short, on one line, never a dump of the input.

const shownCharsMax = 80;
const keysShownMax = 4;
const keyCharsMax = 12;

/** At most 80 characters: `"5s"`, `12`, `a list of 3`, `an object with name, breed, …`; a missing value is `nothing`. */
export function shown(raw: unknown): string {
  if (raw === undefined) return "nothing";
  if (typeof raw === "string") return quoted(raw, shownCharsMax - 2);
  if (Array.isArray(raw)) return raw.length === 0 ? "an empty list" : `a list of ${raw.length}`;
  if (typeof raw === "object") return raw === null ? "null" : shownObject(Object.keys(raw));
  return typeof raw === "number" || typeof raw === "boolean" ? String(raw) : `a ${typeof raw}`;
}

/** For values that may be secret: says what kind of thing came and nothing of its content. */
export function shownKind(raw: unknown): string {
  if (typeof raw === "string") return `a text of ${raw.length} characters`;
  if (Array.isArray(raw)) return "a list";
  return raw === undefined ? "nothing" : typeof raw === "object" ? "an object" : `a ${typeof raw}`;
}

/** In quotes and escaped; what escaping makes too long is cut shorter still. */
function quoted(text: string, charsMax: number): string {
  const shownText = JSON.stringify(cut(text, charsMax));
  return shownText.length <= shownCharsMax ? shownText : quoted(text, charsMax >> 1);
}

function shownObject(keys: readonly string[]): string {
  if (keys.length === 0) return "an empty object";
  const named = keys.slice(0, keysShownMax).map((key) => cut(key.replaceAll(/\p{Cc}/gu, "\uFFFD"), keyCharsMax));
  return `an object with ${[...named, ...(keys.length > keysShownMax ? ["…"] : [])].join(", ")}`;
}

function cut(text: string, charsMax: number): string {
  return (text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`).toWellFormed();
}
