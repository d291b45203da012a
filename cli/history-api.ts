// What the controller is asked about the past of artifacts and what would become of them, and what it answers.
import type { Difference } from "../model/difference.ts";
import { planBytesMax } from "../model/plan-limits.ts";
import type { Problem } from "../model/problem.ts";
import type { ArtifactKind, ControllerApi } from "./controller-api.ts";
import type { Source } from "./documents.ts";
import { Failure } from "./failure.ts";
import type { Applied } from "./views.ts";

export type Revision = {
  readonly revision: number;
  /** This and `changed`: null where it is not known any more. */
  readonly action: "create" | "update" | "delete" | null;
  readonly at: string;
  readonly by: string;
  readonly changed: readonly string[] | null;
  readonly restores: number | null;
  readonly kept: boolean;
  readonly breedRevision?: number | null;
};
/** `diff` null: too much to be listed. */
export type Planned = Applied & { readonly diff: readonly Difference[] | null };
export type Plan = {
  readonly files: readonly {
    readonly name: string;
    readonly changes: readonly Planned[];
    readonly problems: readonly Problem[];
  }[];
  /** Null: pruning was not asked for, or a file would be refused. */
  readonly deleted: readonly Planned[] | null;
};

/** Newest first. */
export function revisionsOf(api: ControllerApi, kind: ArtifactKind, name: string): Promise<Revision[]> {
  return api.pages(`${pathOf(kind, name)}/revisions`, Infinity);
}

/** The artifact as it was. */
export async function revisionOf(
  api: ControllerApi,
  kind: ArtifactKind,
  { name, revision }: { readonly name: string; readonly revision: number },
): Promise<unknown> {
  return JSON.parse(await api.text({ path: `${pathOf(kind, name)}/revisions/${revision}` }));
}

export async function rollBack(
  api: ControllerApi,
  kind: ArtifactKind,
  { name, revision }: { readonly name: string; readonly revision: number },
): Promise<Applied> {
  const body = { type: "application/json", text: JSON.stringify({ revision }) };
  return JSON.parse(await api.text({ method: "POST", path: `${pathOf(kind, name)}/rollback`, body }));
}

export async function planOf(api: ControllerApi, sources: readonly Source[], prune: boolean): Promise<Plan> {
  const files = sources.map(({ name, type, text }) => ({ name, type, text }));
  const body = { type: "application/json", text: JSON.stringify({ files, prune }) };
  const bytes = Buffer.byteLength(body.text);
  if (bytes > planBytesMax)
    throw new Failure(`the files take ${bytes} bytes as JSON, and a plan or pruning at most ${planBytesMax}`);
  return JSON.parse(await api.text({ method: "POST", path: "/plan", body }));
}

function pathOf(kind: ArtifactKind, name: string): string {
  return `/${kind}s/${encodeURIComponent(name)}`;
}
