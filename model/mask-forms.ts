// The forms in which a secret value turns up in texts: as it is, its lines, and both of them escaped and encoded. Pure.
import { maskedCharsMin } from "./secret.ts";

/** Lines of one value that are looked for by themselves: those of a key or certificate, with room. */
const linesMax = 256;
/** Shorter lines of a value of several lines are too common: `{`, `"type": 1`. */
const lineCharsMin = 8;

/** Each once; none shorter than `maskedCharsMin`, which forms of a value of that length are not. */
export function formsOf(value: string): readonly string[] {
  const forms = new Set(partsOf(value).flatMap((part) => escaped(part).concat(encoded(Buffer.from(part)))));
  return [...forms].filter((form) => form.length >= maskedCharsMin);
}

/** Output is taken line by line, so a value of several lines is never found whole there. */
function partsOf(value: string): readonly string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  const telling = lines.length > 1 ? lines.filter((line) => line.length >= lineCharsMin).slice(0, linesMax) : [];
  return [value, value.trim(), ...telling].filter((part) => part.length >= maskedCharsMin);
}

/** As text inside other text: of JSON, also of JSON in JSON, of an address, of a form, of HTML. */
function escaped(part: string): string[] {
  const well = part.toWellFormed();
  const percent = encodeURIComponent(well);
  const strict = percent.replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([["", well]]).toString().slice(1);
  const json = inJson(part);
  const html = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = html.replaceAll('"', "&quot;");
  return [
    part,
    json,
    inJson(json),
    ...[percent, strict, form, encodeURI(well)].flatMap((one) => [one, lowerPercent(one)]),
    html,
    quoted,
    quoted.replaceAll("'", "&#39;"),
    // How Node shows a text in single quotes.
    part.replaceAll("\\", "\\\\").replaceAll("'", "\\'"),
  ];
}

function encoded(bytes: Buffer): string[] {
  const hex = bytes.toString("hex");
  const pairs = hex.match(/../g) ?? [];
  const spelled = ["%", ":", " ", "\\x"].map((mark) => (mark === "%" || mark === "\\x" ? mark : "") + pairs.join(mark));
  return [hex, ...spelled]
    .flatMap((one) => [one, one.replaceAll(/[a-f]/g, (c) => c.toUpperCase())])
    .concat(inBase64(bytes));
}

/**
 * What stands in base64 of any text that has these bytes in it: wherever they begin, the characters that are made of nothing
 * else. Both alphabets.
 */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64url");
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    const own = text.slice(Math.ceil((before * 8) / 6), whole);
    return [own, own.replaceAll("-", "+").replaceAll("_", "/")];
  });
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function lowerPercent(text: string): string {
  return text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}
