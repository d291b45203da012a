// What a caller who has some workflows only may ask for where an answer could be about any: events, runs, output, documents. Others
// are refused when they are asked for by name, left out of lists, and where an id names them, they do not exist.
//
//   S1. Of events, runs and output such a caller asks for one workflow at a time, with `workflow`.
//   S2. Patterns are about the names of workflows, breeds and secrets alike.
import type { FastifyRequest } from "fastify";
import type { Artifact, ArtifactName } from "../../model/artifact.ts";
import { workflowOf } from "../../model/event-match.ts";
import type { Event } from "../../model/event.ts";
import { isInScope } from "../../model/grant.ts";
import { namesIn, needsOf } from "../../model/secret-needs.ts";
import { outOfScope } from "./door.ts";
import { type Identity, identityOf, sees } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import type { Refused } from "./refused.ts";

const workflowTag = "workflows:";

type Stored = Pick<HttpParts["artifacts"], "breeds">;

/** The patterns of the names that the caller has; null: all. Code without permissions has none. */
function patternsOf(identity: Identity): readonly string[] | null {
  if (identity.kind === "person") return identity.workflows;
  return identity.grant === null ? [] : identity.grant.workflows;
}

/** Throws Refused. */
export function refuseOtherWorkflows(request: FastifyRequest, workflow: string | null | undefined): void {
  const identity = identityOf(request);
  if (identity.kind === "workflow" || identity.workflows === null) return;
  if (workflow == null) throw outOfScope(identity, "what is about all workflows (name one: workflow=NAME)");
  if (!sees(identity, workflow)) throw outOfScope(identity, `workflow "${workflow}"`);
}

/** Whether the caller may read it at all; of code, visible-event.ts says how much of it. */
export function mayReadEvent(identity: Identity, { source, tags }: Pick<Event, "source" | "tags">): boolean {
  if (identity.kind === "workflow" || identity.workflows === null) return true;
  const emitter = workflowOf(source);
  return (emitter !== null && sees(identity, emitter)) || workflowsIn(tags).some((name) => sees(identity, name));
}

/** The workflows that an event says it is about. */
export function workflowsIn(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => tag.startsWith(workflowTag)).map((tag) => tag.slice(workflowTag.length));
}

/** An event that is about a workflow can only be sent by who has it. Throws Refused. */
export function refuseEventAboutOthers(identity: Identity, { tags }: Pick<Event, "tags">): void {
  if (identity.kind === "workflow" || identity.workflows === null) return;
  const other = workflowsIn(tags).find((name) => !sees(identity, name));
  if (other !== undefined) throw outOfScope(identity, `an event about workflow "${other}"`);
}

/** Throws Refused. */
export function refuseOtherNames(identity: Identity, names: Iterable<ArtifactName>): void {
  const patterns = patternsOf(identity);
  if (patterns === null) return;
  for (const { kind, name } of names) if (!isInScope(patterns, name)) throw outOfScope(identity, `${kind} "${name}"`);
}

/** Documents to save: what they are, and whatever they would give their code. Throws Refused. */
export function refuseOtherDocuments(identity: Identity, artifacts: readonly Artifact[], stored: Stored): void {
  refuseOtherNames(identity, artifacts);
  for (const artifact of artifacts) {
    const refused = foreignPart(identity, artifact, stored);
    if (refused) throw refused;
  }
}

function foreignPart(identity: Identity, artifact: Artifact, stored: Stored): Refused | null {
  const patterns = patternsOf(identity);
  if (patterns === null) return null;
  const reference = referenceIn(artifact);
  if (reference !== null && !isInScope(patterns, reference)) return outOfScope(identity, `breed "${reference}"`);
  const secret = secretsIn(artifact, stored).find((name) => !isInScope(patterns, name));
  return secret === undefined ? null : outOfScope(identity, `secret "${secret}"`);
}

function referenceIn(artifact: Artifact): string | null {
  if (artifact.kind === "breed") return null;
  const { breed } = artifact.workflow;
  return "reference" in breed ? breed.reference : null;
}

/** A breed of the same request is looked at by itself. */
function secretsIn(artifact: Artifact, { breeds }: Stored): readonly string[] {
  if (artifact.kind === "breed") return namesIn(needsOf(null, artifact.breed));
  const { breed } = artifact.workflow;
  const run = "reference" in breed ? breeds.get(breed.reference)?.artifact : breed;
  return namesIn(needsOf(artifact.workflow, run ?? { environment_variables: {} }));
}
