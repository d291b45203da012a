// What differs between two JSON values, path by path. Pure.

/** `path` is dotted (`deployable.definition`); an absent side is left out. */
export type Difference = { readonly path: string; readonly before?: unknown; readonly after?: unknown };

/** A longer text is shown by its beginning, and more differences than the limit are counted in the last. */
export type DifferenceLimits = { readonly textCharactersMax: number; readonly differencesMax: number };

/** An event must stay small. */
const ofEvent: DifferenceLimits = { textCharactersMax: 2_000, differencesMax: 100 };
/** Where people read it, texts are whole: what they differ in may be at their end. */
export const wholeTexts: DifferenceLimits = { textCharactersMax: Infinity, differencesMax: 1_000 };

export function differences(before: unknown, after: unknown, limits: DifferenceLimits = ofEvent): Difference[] {
  const found = [...walk(before, after, { path: "", limits })];
  if (found.length <= limits.differencesMax) return found;
  const kept = found.slice(0, limits.differencesMax);
  return [...kept, { path: `(${found.length - limits.differencesMax} more)` }];
}

type Place = { readonly path: string; readonly limits: DifferenceLimits };

function* walk(before: unknown, after: unknown, { path, limits }: Place): Generator<Difference> {
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* walk(before[key], after[key], { path: path === "" ? key : `${path}.${key}`, limits });
    }
    return;
  }
  if (before === after) return;
  yield {
    path,
    ...(before === undefined ? {} : { before: shortened(before, limits) }),
    ...(after === undefined ? {} : { after: shortened(after, limits) }),
  };
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function shortened(value: unknown, { textCharactersMax }: DifferenceLimits): unknown {
  if (typeof value !== "string" || value.length <= textCharactersMax) return value;
  return `${value.slice(0, textCharactersMax)}… (${value.length} characters)`;
}
