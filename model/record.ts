// Readers of objects with known fields.
//
//   F1. Every field is read even when another one is wrong, so that one answer names all problems.
//   F2. A field that nobody knows is refused with the nearest known name; it is never dropped silently.
//   F3. A field that is null counts as absent (`ports:` with nothing behind it in YAML), unless null is a value of that field.
//   F4. What is read is a plain object with exactly the fields of T: the input's own object is never passed on.
import { nearest } from "./nearest.ts";
import { type Parsed, type Problem, accepted, refused } from "./problem.ts";
import { type Reader, fieldPath, isObject, knownPath, mismatch } from "./reader.ts";

/** Unknown fields named one by one; the rest are only counted. */
const unknownFieldsShownMax = 20;

/** Another name under which the field may be given, and whether null is one of its values. */
type FieldOptions = { readonly alias?: string; readonly nullIsValue?: boolean };

type Present<T> = FieldOptions & { readonly read: Reader<T> } & (
    | { readonly absent: "refused"; readonly fix: string }
    | { readonly absent: "default"; readonly value: T }
  );
type Maybe<T> = FieldOptions & { readonly read: Reader<T | undefined>; readonly absent: "left-out" };
type Field = Present<unknown> | Maybe<unknown>;

/** One field reader for each field of T; optional fields of T, and only these, may be left out. */
export type Shape<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? Maybe<Required<T>[K]> : Present<T[K]>;
};

/** A field that must be there; `fix` says what to add. */
export function required<T>(read: Reader<T>, fix: string, options: FieldOptions = {}): Present<T> {
  return { ...options, read, absent: "refused", fix };
}

export function optional<T>(read: Reader<T>, value: T, options: FieldOptions = {}): Present<T> {
  return { ...options, read, absent: "default", value };
}

/** A field without a default; it is also left out when it is read as undefined. */
export function maybe<T>(read: Reader<T | undefined>, options: FieldOptions = {}): Maybe<T> {
  return { ...options, read, absent: "left-out" };
}

export type RecordOptions = {
  /** What such an object is, with its article: `a breed`. */
  readonly noun: string;
  /** Fields that answers carry and that input may therefore carry too; they are not read. */
  readonly ignored?: readonly string[];
};

export function record<T extends object>(shape: Shape<T>, { noun, ignored = [] }: RecordOptions): Reader<T> {
  const fields = Object.entries<Field>(shape);
  const names = fields.map(([name]) => name);
  const known = new Set([...names, ...ignored, ...fields.flatMap(([, { alias }]) => alias ?? [])]);
  const wanted = { expected: `${noun}: an object with ${names.join(", ")}`, fix: "write it as an object" };

  const isComplete = (read: object): read is T =>
    fields.every(([name, field]) => field.absent === "left-out" || Object.hasOwn(read, name));

  return (raw, at) => {
    if (!isObject(raw)) return mismatch(at, raw, wanted);
    const problems: Problem[] = [];
    const read: Record<string, unknown> = {};
    for (const [name, field] of fields) {
      const parsed = readField(raw, { name, field, at });
      if (!parsed.ok) problems.push(...parsed.problems);
      else if (parsed.value !== undefined) read[name] = parsed.value;
    }
    const unknown = Object.keys(raw).filter((key) => !known.has(key));
    if (unknown.length > 0) problems.push(...unknownFields(unknown, { at, noun, names, given: raw }));
    return problems.length === 0 && isComplete(read) ? accepted(read) : refused(...problems);
  };
}

type Place = { readonly name: string; readonly field: Field; readonly at: string };

function readField(raw: Readonly<Record<string, unknown>>, { name, field, at }: Place): Parsed<unknown> {
  const path = knownPath(at, name);
  const isGiven = (key: string): boolean =>
    Object.hasOwn(raw, key) && raw[key] !== undefined && (raw[key] !== null || field.nullIsValue === true);
  const { alias } = field;
  if (alias !== undefined && isGiven(alias)) {
    if (!isGiven(name)) return field.read(raw[alias], knownPath(at, alias));
    return refused({ path, expected: `either "${name}" or "${alias}"`, got: "both", fix: `move all into "${name}"` });
  }
  if (isGiven(name)) return field.read(raw[name], path);
  if (field.absent === "left-out") return accepted(undefined);
  return field.absent === "default" ? accepted(field.value) : missing(field, path);
}

/** The reader itself says what it had wanted; what to add is known better here. */
function missing(field: Extract<Field, { absent: "refused" }>, path: string): Parsed<unknown> {
  const asked = field.read(undefined, path);
  if (asked.ok) return asked;
  return refused(...asked.problems.map(({ expected, got }) => ({ path, expected, got, fix: field.fix })));
}

type Surroundings = {
  readonly at: string;
  readonly noun: string;
  readonly names: readonly string[];
  readonly given: Readonly<Record<string, unknown>>;
};

function unknownFields(unknown: readonly string[], { at, noun, names, given }: Surroundings): Problem[] {
  const expected = `a field of ${noun} (${names.join(", ")})`;
  const problems = unknown.slice(0, unknownFieldsShownMax).map((key) => {
    const meant = nearest(key, names);
    const fix = meant !== null && !Object.hasOwn(given, meant) ? `write "${meant}"` : "remove it";
    return { path: fieldPath(at, key), expected, got: "an unknown field", fix };
  });
  const more = unknown.length - problems.length;
  return more > 0
    ? [...problems, { path: at, expected, got: `${more} more unknown fields`, fix: "remove them" }]
    : problems;
}
