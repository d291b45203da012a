// Breeds and workflows as code of another workflow reads them: the names of their variables, not the values. Vamp's published workflows
// read all definitions, and people keep passwords in variables.
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { type Identity, sees, seesAll } from "./identity.ts";
import type { HttpParts } from "./parts.ts";

const mask = "***";
const environmentPath = /(?:^|\.)environment_variables(?:\.|$)/;

type Shown = Readonly<Record<string, unknown>>;

/** `kind` and `name` as the view has them. A workflow's breed that is written in it is masked, too. */
export function maskedFor(identity: Identity, view: Shown, { artifacts }: Pick<HttpParts, "artifacts">): Shown {
  if (identity.kind === "person") return view;
  const name = String(view["name"]);
  const isOwn =
    view["kind"] === "workflow" ? sees(identity, name) : runsBreed(artifacts.workflows.get(identity.name), name);
  if (isOwn || seesAll(identity)) return view;
  const { breed } = view;
  return withoutValues(
    typeof breed === "object" && breed !== null ? { ...view, breed: withoutValues(breed as Shown) } : view,
  );
}

function runsBreed(entry: LiveWorkflow | null, breed: string): boolean {
  return entry !== null && "reference" in entry.artifact.breed && entry.artifact.breed.reference === breed;
}

function withoutValues(view: Shown): Shown {
  const variables = view["environment_variables"];
  if (typeof variables !== "object" || variables === null) return view;
  return { ...view, environment_variables: Object.fromEntries(Object.keys(variables).map((name) => [name, mask])) };
}

/** What an archive event says that has changed: of variables only which. */
export function maskedChange(value: unknown): unknown {
  const { diff } = (value ?? {}) as { diff?: unknown };
  if (!Array.isArray(diff)) return value;
  const masked = diff.map((one: { path?: unknown }) =>
    environmentPath.test(String(one.path)) ? { path: one.path } : one,
  );
  return { ...(value as object), diff: masked };
}
