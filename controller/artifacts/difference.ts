// What differs between two JSON values, path by path. Pure.

/** `path` is dotted (`deployable.definition`); an absent side is left out. */
export type Difference = { readonly path: string; readonly before?: unknown; readonly after?: unknown };

/** An event must stay small: a longer text is shown by its beginning, and more differences than this are counted in the last. */
const textCharactersMax = 2_000;
const differencesMax = 100;

export function differences(before: unknown, after: unknown): Difference[] {
  const found = [...walk(before, after, "")];
  if (found.length <= differencesMax) return found;
  const kept = found.slice(0, differencesMax);
  return [...kept, { path: `(${found.length - differencesMax} more)` }];
}

function* walk(before: unknown, after: unknown, path: string): Generator<Difference> {
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* walk(before[key], after[key], path === "" ? key : `${path}.${key}`);
    }
    return;
  }
  if (before === after) return;
  yield {
    path,
    ...(before === undefined ? {} : { before: shortened(before) }),
    ...(after === undefined ? {} : { after: shortened(after) }),
  };
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function shortened(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= textCharactersMax) return value;
  return `${value.slice(0, textCharactersMax)}… (${value.length} characters)`;
}
