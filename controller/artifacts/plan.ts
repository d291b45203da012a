// What applying files would do, each as one request in this order, and what would be deleted because none of them names it.
//
//   P1. A file that would be refused changes nothing, and does not keep the others from being applied.
//   P2. Nothing is pruned when a file is refused, or when the files name nothing: what they leave out may be a mistake.
//   P3. A breed that a workflow of the files refers to is named by them, so it stays.
import { setImmediate as turn } from "node:timers/promises";
import type { Artifact, ArtifactName } from "../../model/artifact.ts";
import { type DocumentFormat, readDocuments } from "../../model/documents.ts";
import { type Parsed, type Problem, accepted, refused } from "../../model/problem.ts";
import { type Artifacts, checkArtifacts } from "./apply.ts";
import { type Draft, type Planned, createDraft } from "./draft.ts";
import { notTakenUp } from "./taken-up.ts";

export type Warned = Planned & { readonly warnings: readonly string[] };

export type PlannedFile = {
  readonly name: string;
  readonly changes: readonly Warned[];
  /** Why it would be refused; empty when it would not. */
  readonly problems: readonly Problem[];
};

/** `deleted`: null when pruning was not asked for, or is refused because a file is. */
export type Plan = { readonly files: readonly PlannedFile[]; readonly deleted: readonly Planned[] | null };

export type PlanFile = { readonly name: string; readonly type: DocumentFormat; readonly text: string };

export async function planFiles(
  files: readonly PlanFile[],
  { prune, textBytesMax }: { readonly prune: boolean; readonly textBytesMax: number },
  stored: Artifacts,
): Promise<Plan> {
  const draft = createDraft(stored);
  const changes: Planned[] = [];
  const read: { name: string; from: number; to: number; problems: readonly Problem[] }[] = [];
  for (const file of files) {
    const from = changes.length;
    const planned = planFile(file, textBytesMax, draft);
    if (planned.ok) changes.push(...planned.value);
    read.push({ name: file.name, from, to: changes.length, problems: planned.ok ? [] : planned.problems });
    // Whoever else asks is answered between two files.
    await turn();
  }
  const prunes = prune && changes.length > 0 && read.every(({ problems }) => problems.length === 0);
  const deleted = prunes ? draft.remove(unnamed(changes, draft)) : null;
  const warned = notTakenUp(changes, draft.workflows());
  return {
    files: read.map(({ name, from, to, problems }) => ({ name, changes: warned.slice(from, to), problems })),
    deleted,
  };
}

/** What one request with these documents would do. */
export function planArtifacts(artifacts: readonly Artifact[], stored: Artifacts): Warned[] {
  const draft = createDraft(stored);
  return notTakenUp(draft.save(artifacts), draft.workflows());
}

function planFile({ type, text }: PlanFile, textBytesMax: number, draft: Draft): Parsed<Planned[]> {
  const bytes = Buffer.byteLength(text);
  if (bytes > textBytesMax) {
    return refused({ path: "text", expected: `at most ${textBytesMax} bytes`, got: `${bytes}`, fix: "split the file" });
  }
  const read = readDocuments(text, type);
  if (!read.ok) return read;
  const checked = checkArtifacts(read.value, { kind: null, name: null }, draft.known);
  return checked.ok ? accepted(draft.save(checked.value)) : checked;
}

function unnamed(named: readonly ArtifactName[], draft: Draft): ArtifactName[] {
  const names = new Set(named.map(({ kind, name }) => `${kind} ${name}`));
  const workflows = draft.workflows();
  for (const [name, { breed }] of workflows) {
    if (names.has(`workflow ${name}`) && "reference" in breed) names.add(`breed ${breed.reference}`);
  }
  return [
    ...[...workflows.keys()].map((name) => ({ kind: "workflow", name }) as const),
    ...[...draft.breeds().keys()].map((name) => ({ kind: "breed", name }) as const),
  ]
    .filter(({ kind, name }) => !names.has(`${kind} ${name}`))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
