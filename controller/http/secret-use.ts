// A secret as the API shows it, and the workflows that name it. Those that are suspended count: they may be resumed.
import { namesIn, needsOf } from "../../model/secret-needs.ts";
import type { Artifacts } from "../artifacts/apply.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import type { LiveSecret } from "../secrets/secrets.ts";
import { HttpProblem } from "./problem.ts";

/** Workflows that a refusal names; more are counted. */
const namedMax = 10;

type Stored = { readonly workflows: Pick<Artifacts["workflows"], "list"> };

export function secretView({ name, revision, savedAt, savedBy, values }: LiveSecret, stored: Stored) {
  const keys = Object.entries(values)
    .map(([key, { version, setAt, setBy }]) => ({ key, version, at: setAt, by: setBy }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { name, version: revision, at: savedAt, by: savedBy, keys, workflows: workflowsNaming(name, stored) };
}

export function workflowsNaming(secret: string, { workflows }: Stored): string[] {
  return workflows.list().flatMap((entry) => (namesIn(needs(entry)).includes(secret) ? [entry.artifact.name] : []));
}

/** Throws HttpProblem 409 when a workflow could not start any more without these keys. One that has files of it needs all. */
export function refuseWhatIsNamed(secret: string, keys: readonly string[], { workflows }: Stored): void {
  const using = workflows.list().flatMap((entry) => {
    const { keys: named, files } = needs(entry);
    const lacks = named.some((one) => one.secret === secret && keys.includes(one.key)) || files.includes(secret);
    return lacks ? [entry.artifact.name] : [];
  });
  if (using.length === 0) return;
  const more = using.length > namedMax ? ` and ${using.length - namedMax} more` : "";
  throw new HttpProblem(
    "conflict",
    `workflows need ${keys.map((key) => `${secret}/${key}`).join(", ")}: ${using.slice(0, namedMax).join(", ")}${more}; ` +
      "change them first, or ask with force=true (--force): they cannot start any more then",
  );
}

function needs({ artifact, deployment }: LiveWorkflow) {
  return needsOf(artifact, deployment.breed);
}
