// Hides secret values in what leaves a workflow's code: every known form of a value becomes `***`.
//
//   M1. A form that is found is hidden whole, and so is what overlaps with it.
//   M2. Of a text that was cut, what may be a piece of a value is left out with the cut (`head`, `tail`).
//   M3. Without a value to hide nothing is looked at: `noMask` gives back what it is given.
//
// It does not hide what code has changed in a way of its own: reversed, encrypted, letter by letter.
import { formsOf } from "./mask-forms.ts";
import { isObject } from "./reader.ts";
import { maskedCharsMin } from "./secret.ts";

export type Mask = {
  /** Of the longest form; 0 when there is nothing to hide. */
  readonly bytesMax: number;
  text(text: string): string;
  /** The first `chars` characters of a text, masked; what begins behind them is only looked at. */
  head(text: string, chars: number): string;
  /** The text from the character `from` on, masked; a value that begins before and ends behind it is hidden, too. */
  tail(text: string, from: number): string;
  /** Every text in it, names of fields and numbers too. */
  value<T>(value: T): T;
};

const hidden = "***";
/** Far more than there are forms. */
const marksCount = 65_536;

export const noMask: Mask = {
  bytesMax: 0,
  text: (text) => text,
  head: (text, chars) => text.slice(0, chars),
  tail: (text, from) => text.slice(from),
  value: (value) => value,
};

/** Values that are too short to be told from harmless text are not hidden. */
export function createMask(values: Iterable<string>): Mask {
  const forms = [...new Set([...values].flatMap(formsOf))];
  return forms.length === 0 ? noMask : maskOf(forms);
}

/** From the first character that is hidden to behind the last. */
type Span = { readonly from: number; to: number };

function maskOf(forms: readonly string[]): Mask {
  const byStart = Map.groupBy(
    forms.toSorted((a, b) => b.length - a.length),
    (form) => form.slice(0, maskedCharsMin),
  );
  const marks = new Uint8Array(marksCount);
  for (const start of byStart.keys()) marks[markAt(start, 0)] = 1;
  const bytesMax = Math.max(...forms.map((form) => Buffer.byteLength(form)));

  return {
    bytesMax,
    text: (text) => shown(text, 0, text.length),
    head: (text, chars) => shown(text, 0, chars),
    tail: (text, from) => shown(text, from, text.length),
    value: <T>(value: T): T => masked(value) as T,
  };

  function shown(text: string, from: number, to: number): string {
    let result = "";
    let at = from;
    for (const span of spansIn(text)) {
      if (span.to <= at || span.from >= to) continue;
      result += text.slice(at, Math.max(at, span.from)) + hidden;
      at = span.to;
    }
    return at < to ? result + text.slice(at, to) : result;
  }

  function spansIn(text: string): readonly Span[] {
    const spans: Span[] = [];
    for (let at = 0; at <= text.length - maskedCharsMin; at++) {
      if (marks[markAt(text, at)] === 0) continue;
      const form = byStart.get(text.slice(at, at + maskedCharsMin))?.find((one) => text.startsWith(one, at));
      if (form === undefined) continue;
      const last = spans.at(-1);
      const to = at + form.length;
      // Another value may begin within this one.
      if (last !== undefined && at < last.to) last.to = Math.max(last.to, to);
      else spans.push({ from: at, to });
    }
    return spans;
  }

  function masked(value: unknown): unknown {
    if (typeof value === "string") return shown(value, 0, value.length);
    if (typeof value === "number") return shown(String(value), 0, Infinity) === String(value) ? value : hidden;
    if (Array.isArray(value)) return value.map(masked);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [shown(key, 0, key.length), masked(item)]));
  }
}

/** A number for the first characters of a form, so that most places of a text are passed over without a look at them. */
function markAt(text: string, at: number): number {
  return (text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2)) % marksCount;
}
