// The `permissions` of a workflow: what its code may do beyond what all code may. Only an admin gives them, or more of them.
//
//   G1. A save by anybody else keeps or narrows what the workflow has; this is decided against the very entry that it replaces.
//   G2. Whoever can change the code of a workflow, or a breed that it refers to, can do what its permissions allow: so that takes
//       rights that cover them.
import type { Artifact } from "../../model/artifact.ts";
import { type Grant, grantCovers, grantedBy } from "../../model/grant.ts";
import type { Workflow } from "../../model/workflow.ts";
import { type Identity, nameOf } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./refused.ts";
import { refuseOtherDocuments } from "./scope.ts";

type Stored = Pick<HttpParts["artifacts"], "breeds" | "workflows">;

/** What may not be saved by this caller: foreign names, and permissions. Throws Refused; nothing has been stored then. */
export function refuseDocuments(identity: Identity, artifacts: readonly Artifact[], stored: Stored): void {
  refuseOtherDocuments(identity, artifacts, stored);
  const guard = guardOf(identity);
  if (guard === null) return;
  for (const artifact of artifacts) {
    if (artifact.kind === "workflow") guard(artifact.workflow, stored.workflows.get(artifact.name)?.artifact ?? null);
    else refuseBreed(identity, artifact.name, stored);
  }
}

/** What is asked of each save about the workflow that it replaces (null: none); null: the caller may do anything. Throws Refused. */
export function guardOf(identity: Identity): ((wanted: Workflow, had: Workflow | null) => void) | null {
  const own = rightsOf(identity);
  if (own?.role === "admin") return null;
  return (wanted, had) => {
    if (wanted.permissions === undefined) return;
    const asked = grantedBy(wanted.permissions);
    const given = had?.permissions ? grantedBy(had.permissions) : null;
    if (given === null || !grantCovers(given, asked))
      throw refused(identity, `only an admin gives workflow "${wanted.name}" these permissions; leave them out`);
    if (own === null || !grantCovers(own, asked)) throw refused(identity, mayDoMore(wanted.name, identity));
  };
}

function refuseBreed(identity: Identity, breed: string, { workflows }: Pick<Stored, "workflows">): void {
  const own = rightsOf(identity);
  for (const { artifact } of workflows.list()) {
    if (!("reference" in artifact.breed) || artifact.breed.reference !== breed || !artifact.permissions) continue;
    if (own === null || !grantCovers(own, grantedBy(artifact.permissions)))
      throw refused(identity, `breed "${breed}": ${mayDoMore(artifact.name, identity)}`);
  }
}

function rightsOf(identity: Identity): Grant | null {
  if (identity.kind === "workflow") return identity.grant;
  const { role, workflows } = identity;
  return role === null ? null : { role, workflows };
}

function mayDoMore(workflow: string, identity: Identity): string {
  return `the permissions of workflow "${workflow}" go beyond what ${nameOf(identity)} may do, so its code is not for ${nameOf(identity)} to change`;
}

function refused(identity: Identity, detail: string): Refused {
  return new Refused({ reason: "permissions", by: nameOf(identity) }, detail);
}
