// What a backup says of itself: the file manifest.json, written last. A folder without it holds no backup.
import { type Parsed, accepted, refused } from "./problem.ts";
import { isObject } from "./reader.ts";

export const manifestFile = "manifest.json";
const format = 1;

/** One stream of JetStream, as a file of the backup. */
export type StreamCopy = {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  readonly messages: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The stream's configuration and state as JetStream has them. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly state: Readonly<Record<string, unknown>>;
};

export type BackupManifest = {
  readonly format: typeof format;
  /** Of Drover. */
  readonly version: string;
  readonly installation: string;
  readonly takenAt: string;
  /** All events up to this sequence had been turned into runs before the first stream was copied. */
  readonly handledThrough: number;
  readonly streams: readonly StreamCopy[];
};

export function manifestOf(facts: Omit<BackupManifest, "format">): BackupManifest {
  return { format, ...facts };
}

/** `at` names the file in messages. */
export function parseManifest(text: string, at: string): Parsed<BackupManifest> {
  const expected = `the manifest of a backup of format ${format}`;
  const fix = "take the folder that drover backup has written, with all its files";
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refused({ path: at, expected, got: "no JSON", fix });
  }
  if (!isObject(raw) || raw["format"] !== format) {
    const got = isObject(raw) ? `format ${JSON.stringify(raw["format"])}` : "something else";
    return refused({ path: at, expected, got, fix });
  }
  const { version, installation, takenAt, handledThrough, streams } = raw;
  const texts = [version, installation, takenAt].every((one) => typeof one === "string");
  if (!texts || !isCount(handledThrough) || !Array.isArray(streams) || !streams.every(isStreamCopy)) {
    return refused({ path: at, expected, got: "one with fields missing or changed", fix });
  }
  return accepted(raw as BackupManifest);
}

function isStreamCopy(value: unknown): value is StreamCopy {
  if (!isObject(value) || !isObject(value["config"]) || !isObject(value["state"])) return false;
  const { name, file, sha256, bytes, messages, firstSequence, lastSequence } = value;
  return (
    typeof name === "string" &&
    value["config"]["name"] === name &&
    typeof file === "string" &&
    /^[A-Za-z0-9_-]+\.snapshot$/.test(file) &&
    typeof sha256 === "string" &&
    [bytes, messages, firstSequence, lastSequence].every(isCount)
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
