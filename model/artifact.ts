// Artifacts: what is saved under a name, and how a document among many says which kind it is.
import { type Breed, parseBreed } from "./breed.ts";
import { name } from "./names.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { fieldPath, isObject, mismatch } from "./reader.ts";
import { shown } from "./shown.ts";
import { word } from "./text.ts";
import { type WorkflowRequest, parseWorkflow } from "./workflow.ts";

export type ArtifactKind = "breed" | "workflow";

/** `breeds` is what addresses and tags say, `breed` what a document's `kind` says; either is understood anywhere. */
export type PluralKind = `${ArtifactKind}s`;

export type Artifact =
  | { readonly kind: "breed"; readonly name: string; readonly breed: Breed }
  | ({ readonly kind: "workflow"; readonly name: string } & WorkflowRequest);

const kinds: ReadonlyMap<string, ArtifactKind> = new Map<ArtifactKind | PluralKind, ArtifactKind>([
  ["breed", "breed"],
  ["workflow", "workflow"],
  ["breeds", "breed"],
  ["workflows", "workflow"],
]);
const kindWord = word(kinds);

export type ArtifactName = { readonly kind: ArtifactKind; readonly name: string };

/** What is known of a document before it is read. */
export type Expected = {
  /** The document's own path: empty, or `document 2`. */
  readonly at: string;
  /** The kind that all documents must have; null where each must say its own. */
  readonly kind: ArtifactKind | null;
  /** The name in the address, which the document may repeat or leave out; null when there is none. */
  readonly name?: string | null;
};

/** The kind that a singular or plural word names, or null. */
export function singularKind(kind: string): ArtifactKind | null {
  return kinds.get(kind) ?? null;
}

export function pluralKind(kind: ArtifactKind): PluralKind {
  return `${kind}s`;
}

export function parseArtifact(raw: unknown, expected: Expected): Parsed<Artifact> {
  const opened = open(raw, expected);
  if (!opened.ok) return opened;
  const { kind, path, body } = opened.value;
  const named = expected.name == null ? accepted(body) : nameFromAddress(body, expected.name, path);
  if (kind === "breed") {
    const parsed = both(named, parseBreed(named.ok ? named.value : body, path));
    return parsed.ok ? accepted({ kind, name: parsed.value.name, breed: parsed.value }) : parsed;
  }
  const parsed = both(named, parseWorkflow(named.ok ? named.value : body, path));
  return parsed.ok ? accepted({ kind, name: parsed.value.workflow.name, ...parsed.value }) : parsed;
}

/** Only which artifact a document is about, for a deletion: the rest of it does not matter. */
export function parseArtifactName(raw: unknown, expected: Expected): Parsed<ArtifactName> {
  const opened = open(raw, expected);
  if (!opened.ok) return opened;
  const { kind, path, body } = opened.value;
  const parsed = name(body["name"] ?? undefined, fieldPath(path, "name"));
  return parsed.ok ? accepted({ kind, name: parsed.value }) : parsed;
}

type Body = Readonly<Record<string, unknown>>;
type Opened = { readonly kind: ArtifactKind; readonly path: string; readonly body: Body };

function open(raw: unknown, { at, kind }: Expected): Parsed<Opened> {
  const place = at || (kind ?? "document");
  if (!isObject(raw)) {
    const expected = kind === null ? "a breed or a workflow" : `a ${kind}`;
    return mismatch(place, raw, { expected, fix: 'write an object with "name" and the rest' });
  }
  if (kind !== null) return accepted({ kind, path: fieldPath(at, kind), body: raw });
  const said = kindWord(raw["kind"] ?? undefined, fieldPath(place, "kind"));
  return said.ok ? accepted({ kind: said.value, path: fieldPath(at, said.value), body: raw }) : said;
}

function nameFromAddress(body: Body, address: string, path: string): Parsed<Body> {
  const own = body["name"] ?? address;
  if (own === address) return accepted({ ...body, name: address });
  return refused({
    path: fieldPath(path, "name"),
    expected: `the name in the address, ${shown(address)}`,
    got: `Inconsistent name: ${shown(own)}`,
    fix: "make them agree, or leave it out of the body",
  });
}

/** The second value, or the problems of both. */
function both<T>(first: Parsed<unknown>, second: Parsed<T>): Parsed<T> {
  if (first.ok) return second;
  return second.ok ? first : refused(...first.problems, ...second.problems);
}
