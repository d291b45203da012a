// The door of the API: whether a caller may use the route it asks for (access.ts has the table). Before any body is read.
import type { FastifyRequest } from "fastify";
import { isTestOwner } from "../../bus/subjects.ts";
import { type Grant, isInScope } from "../../model/grant.ts";
import { type Access, accessOf, mayDo } from "./access.ts";
import { type Identity, type Person, type WorkflowCode, identityOf, nameOf } from "./identity.ts";
import { HttpProblem } from "./problem.ts";
import { Refused } from "./refused.ts";
import { shownUrl } from "./shown-url.ts";

type Guarded = Extract<Access, { kind: "guarded" }>;
type Caller = { readonly request: FastifyRequest; readonly name: string | undefined };

/** Throws Refused 401 or 403. */
export function refuseAtTheDoor(request: FastifyRequest, identity: Identity): void {
  const access = accessOf(request);
  if (access === null) return;
  const { name } = request.params as { name?: string };
  if (identity.kind === "workflow") refuseCode(identity, access, { request, name });
  else if (access.kind === "guarded") refusePerson(identity, access, { request, name });
}

function refusePerson(person: Person, access: Guarded, { request, name }: Caller): void {
  if (person.role === null)
    throw new Refused(
      { reason: "no-token", by: "anyone" },
      "Authorization: expected `Bearer` and a token, got none; an admin makes one with drover token create, and drover sends what DROVER_TOKEN holds",
    );
  if (!mayDo(person.role, access.right))
    throw new Refused(
      { reason: "role", by: person.name },
      `${asked(request)} takes the right to ${access.right}, which the role ${person.role} of ${person.name} does not have`,
    );
  if (isWithin(person, access, name)) return;
  throw outOfScope(person, access.scoped === "none" ? `${asked(request)}, which is about all workflows` : `"${name}"`);
}

/** Of somebody who has some workflows only. */
export function outOfScope(identity: Identity, what: string): Refused {
  const scope = identity.kind === "person" ? identity.workflows : (identity.grant?.workflows ?? null);
  const own = scope === null ? "" : ` (${scope.join(", ")})`;
  return new Refused(
    { reason: "scope", by: nameOf(identity) },
    `${what} is not in the scope of ${nameOf(identity)}${own}`,
  );
}

function isWithin({ workflows }: Pick<Grant, "workflows">, { scoped }: Guarded, name: string | undefined): boolean {
  if (workflows === null || scoped === "all" || scoped === "asked") return true;
  return scoped === "name" && name !== undefined && isInScope(workflows, name);
}

/**
 * All code may emit, and read but for what is about people or about other workflows' runs (run-routes.ts shows it no others). What
 * the workflow's permissions allow comes on top.
 */
function refuseCode(code: WorkflowCode, access: Access, { request, name }: Caller): void {
  if (access.code === "yes" || (access.code === "own" && name === code.name)) return;
  const { grant } = code;
  if (grant !== null && access.kind === "guarded" && mayDo(grant.role, access.right) && isWithin(grant, access, name))
    return;
  // It is nobody's: of a test nothing is stored, what it tried in vain neither.
  if (isTestOwner(code.name))
    throw new HttpProblem(
      "forbidden",
      `code of a breed under test may emit events and read; ${asked(request)} needs a person`,
    );
  throw new Refused(
    { reason: "workflow-code", by: nameOf(code) },
    `code of workflow "${code.name}" may emit events and read; ${asked(request)} needs a person, or permissions that an admin gives the workflow`,
  );
}

function asked(request: FastifyRequest): string {
  return `${request.method} ${shownUrl(request)}`;
}

/** A stream has no end, and a forwarded call must have one. Throws HttpProblem 400. */
export function refuseStreamToWorkflow(request: FastifyRequest): void {
  if (identityOf(request).kind === "person") return;
  throw new HttpProblem("invalid", "a stream cannot be followed through an agent; query /api/v1/events instead");
}
