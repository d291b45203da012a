// Sizes of memory: `128MB`, `64Mi`, `0.5GB`. Two-letter units are decimal in name only: as in Vamp and Docker, MB counts 1024 × 1024.
import { accepted, refused } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";

const mebibyte = 1_048_576;
/** Below this a runner does not get as far as user code. */
const memoryBytesMin = 32 * mebibyte;
const memoryBytesMax = 1_048_576 * mebibyte;

const unitBytes: ReadonlyMap<string, number> = new Map([
  ["k", 1024],
  ["m", mebibyte],
  ["g", 1024 * mebibyte],
  ["t", 1024 * 1024 * mebibyte],
]);

const wanted = {
  expected: 'a size of memory such as "128MB"',
  fix: 'write a number with a unit: "64MB", "1GB" or "256Mi"',
};

/** Reads a size; a plain number counts megabytes, as in Vamp. What is read is a text with a unit. */
export const memorySize: Reader<string> = (raw, at) => {
  const size = typeof raw === "number" ? `${raw}MB` : raw;
  const bytes = typeof size === "string" ? bytesOf(size) : null;
  if (typeof size !== "string" || bytes === null) return mismatch(at, raw, wanted);
  if (bytes >= memoryBytesMin && bytes <= memoryBytesMax) return accepted(size.trim());
  const fix = bytes < memoryBytesMin ? 'write "32MB" or more' : 'write "1TB" or less';
  return refused({ path: at, expected: "a size of memory from 32MB to 1TB", got: size.slice(0, 40), fix });
};

/** The bytes of a size that memorySize has accepted. */
export function memoryBytes(size: string): number {
  const bytes = bytesOf(size);
  if (bytes === null) throw new Error(`not a size of memory: ${size}`);
  return bytes;
}

function bytesOf(size: string): number | null {
  const [, digits, unit = ""] = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)(?:i?b|i)?\s*$/i.exec(size) ?? [];
  const factor = unitBytes.get(unit.toLowerCase()) ?? (unit === "" && /b\s*$/i.test(size) ? 1 : null);
  return digits === undefined || factor === null ? null : Math.round(Number(digits) * factor);
}
