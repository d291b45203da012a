// The shape of a JSON value, small enough to be read by people in docs/events.md and to be checked against what is emitted. Pure.
//
//   S1. An object has exactly the fields of its shape; one that ends in `?` may be left out.

export type Shape =
  /** A JSON type, or `instant` (ISO 8601 in UTC with milliseconds) or `any` JSON. */
  | "text"
  | "integer"
  | "boolean"
  | "null"
  | "instant"
  | "any"
  | { readonly words: readonly string[] }
  | { readonly list: Shape }
  | { readonly either: readonly Shape[] }
  | { readonly fields: Readonly<Record<string, Shape>> };

export const words = (...allowed: readonly string[]): Shape => ({ words: allowed });
export const list = (of: Shape): Shape => ({ list: of });
export const either = (...shapes: readonly Shape[]): Shape => ({ either: shapes });
export const orNull = (shape: Shape): Shape => either(shape, "null");
export const fields = (all: Readonly<Record<string, Shape>>): Shape => ({ fields: all });

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What does not fit, as `path: expected …, got …`; null when the value fits. */
export function misfit(value: unknown, shape: Shape, path = "value"): string | null {
  if (typeof shape === "string") return fitsPlain(value, shape) ? null : wrong(path, shape, value);
  if ("words" in shape) return shape.words.includes(value as string) ? null : wrong(path, shapeText(shape), value);
  if ("list" in shape) return Array.isArray(value) ? misfitIn(value, shape.list, path) : wrong(path, "a list", value);
  if ("fields" in shape) return misfitOfFields(value, shape.fields, path);
  const misfits = shape.either.map((one) => misfit(value, one, path));
  // Of the object shapes, the deepest misfit says the most.
  return misfits.includes(null) ? null : (misfits.toSorted((a, b) => depth(b) - depth(a))[0] ?? null);
}

function fitsPlain(value: unknown, shape: Extract<Shape, string>): boolean {
  switch (shape) {
    case "text":
      return typeof value === "string";
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "instant":
      return typeof value === "string" && instantForm.test(value);
    case "any":
      return value !== undefined;
  }
}

function misfitIn(values: readonly unknown[], shape: Shape, path: string): string | null {
  for (const [index, value] of values.entries()) {
    const found = misfit(value, shape, `${path}[${index}]`);
    if (found !== null) return found;
  }
  return null;
}

function misfitOfFields(value: unknown, all: Readonly<Record<string, Shape>>, path: string): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(path, "an object", value);
  const given = value as Readonly<Record<string, unknown>>;
  const known = new Set(Object.keys(all).map(fieldName));
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) return wrong(`${path}.${unknown}`, "no such field", given[unknown]);
  for (const [key, shape] of Object.entries(all)) {
    const name = fieldName(key);
    if (given[name] === undefined && key.endsWith("?")) continue;
    const found = misfit(given[name], shape, `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

function fieldName(key: string): string {
  return key.replace(/\?$/, "");
}

function wrong(path: string, expected: string, got: unknown): string {
  return `${path}: expected ${expected}, got ${JSON.stringify(got) ?? "nothing"}`;
}

function depth(text: string | null): number {
  return text?.split(": expected")[0]?.split(/[.[]/).length ?? 0;
}

/** As it stands in the documentation: `{reason: text, count?: integer}`. */
export function shapeText(shape: Shape, indent = ""): string {
  if (typeof shape === "string") return shape;
  if ("words" in shape) return shape.words.map((word) => JSON.stringify(word)).join(" | ");
  if ("list" in shape) return `[${shapeText(shape.list, indent)}, …]`;
  if ("either" in shape) return shape.either.map((one) => shapeText(one, indent)).join(" | ");
  const inner = `${indent}  `;
  const lines = Object.entries(shape.fields).map(([name, one]) => `${inner}${name}: ${shapeText(one, inner)}`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}
