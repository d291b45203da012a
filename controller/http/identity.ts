// Who makes a request: a person, or a workflow whose agent forwarded the call over NATS. Found out once, before anything else is
// looked at; everything that is decided about a request later asks `identityOf`.
//
//   W1. A person is whoever is at this machine while the API is open there (`local`, an admin), or who has a token. Who presents a
//       token that is not good is refused, also where none is needed: it may have been meant to allow less.
//   W2. Without a token where one is needed, a caller is `anyone`, who has no role and gets what is public.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { RunOrigin } from "../../bus/assignment.ts";
import { type Grant, type Role, grantedBy, isInScope } from "../../model/grant.ts";
import { accessOf } from "./access.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./refused.ts";

export type Person = {
  readonly kind: "person";
  readonly name: string;
  readonly role: Role | null;
  /** Patterns of the names that it may be about; null: all. */
  readonly workflows: readonly string[] | null;
};

export type WorkflowCode = {
  readonly kind: "workflow";
  readonly name: string;
  /** The run that asks, as far as its agent knows it. */
  readonly origin: RunOrigin | null;
  /** What it may do beyond what all code may: the workflow's `permissions`. */
  readonly grant: Grant | null;
};

export type Identity = Person | WorkflowCode;

const local: Person = { kind: "person", name: "local", role: "admin", workflows: null };
const anyone: Person = { kind: "person", name: "anyone", role: null, workflows: null };
const installer: Person = { kind: "person", name: "admin-token", role: "admin", workflows: null };

/** Known to this process alone: whoever sends it is the forwarder in this process. */
const secret = randomBytes(32).toString("base64url");
const secretHeader = "x-drover-forwarded";
const workflowHeader = "x-drover-workflow";
const originHeader = "x-drover-origin";

/** Headers with which the forwarder injects a call of a workflow. */
export function forwardedBy(workflow: string, origin: RunOrigin | null = null): Record<string, string> {
  const headers = { [secretHeader]: secret, [workflowHeader]: encodeURIComponent(workflow) };
  return origin === null ? headers : { ...headers, [originHeader]: encodeURIComponent(JSON.stringify(origin)) };
}

const identities = new WeakMap<FastifyRequest, Identity>();

export type IdentityParts = Pick<HttpParts, "auth" | "tokens" | "artifacts">;

/** Finds out who asks, and keeps it for `identityOf`. Throws Refused 401. */
export function identify(request: FastifyRequest, parts: IdentityParts): Identity {
  const identity = codeOf(request, parts) ?? (isPublic(request) ? withoutToken(parts) : personOf(request, parts));
  identities.set(request, identity);
  return identity;
}

export function identityOf(request: FastifyRequest): Identity {
  const identity = identities.get(request);
  if (identity === undefined) throw new Error("nobody has found out who makes this request");
  return identity;
}

function codeOf({ headers }: FastifyRequest, { artifacts }: IdentityParts): WorkflowCode | null {
  const given = headers[secretHeader];
  if (typeof given !== "string" || !sameBytes(Buffer.from(given), Buffer.from(secret))) return null;
  const name = decodeURIComponent(String(headers[workflowHeader] ?? ""));
  const said = headers[originHeader];
  const origin = typeof said === "string" ? (JSON.parse(decodeURIComponent(said)) as RunOrigin) : null;
  const permissions = artifacts.workflows.get(name)?.artifact.permissions;
  return { kind: "workflow", name, origin, grant: permissions ? grantedBy(permissions) : null };
}

/** `Bearer` is the word of RFC 6750, `token` that of Vamp's client. */
const credentials = /^(?:bearer|token) +(\S+)$/i;

function personOf({ headers }: FastifyRequest, { auth, tokens }: IdentityParts): Person {
  const value = credentials.exec(headers.authorization ?? "")?.[1];
  if (value === undefined) return withoutToken({ auth });
  if (auth.isAdminToken(value)) return installer;
  const found = tokens.find(value);
  if (found.kind === "unknown")
    throw new Refused(
      { reason: "unknown-token", by: "anyone" },
      "Authorization: expected a token that this installation has made, got one that it does not know; drover token list shows those that there are",
    );
  const { name, role, workflows, expiresAt } = found.token;
  if (found.kind === "expired")
    throw new Refused(
      { reason: "expired-token", by: `token:${name}` },
      `the token "${name}" expired at ${expiresAt}; ask an admin for a new one (drover token create)`,
    );
  return { kind: "person", name: `token:${name}`, role, workflows };
}

function withoutToken({ auth }: Pick<HttpParts, "auth">): Person {
  return auth.mode === "open" ? local : anyone;
}

/** Whoever calls a webhook may send credentials of its own that mean nothing here. */
function isPublic(request: FastifyRequest): boolean {
  return accessOf(request)?.kind === "public";
}

/** In constant time; lengths are compared in bytes, which is what `timingSafeEqual` insists on. */
function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The name that goes into revisions and events. */
export function nameOf(identity: Identity): string {
  return identity.kind === "workflow" ? `workflow:${identity.name}` : identity.name;
}

/** Whether the caller may see whole what is about this workflow: its runs, its output, its settings. */
export function sees(identity: Identity, workflow: string): boolean {
  if (identity.kind === "person") return isInScope(identity.workflows, workflow);
  return workflow === identity.name || (identity.grant !== null && isInScope(identity.grant.workflows, workflow));
}

/** The same of all workflows, those to come included. */
export function seesAll(identity: Identity): boolean {
  const scope = identity.kind === "person" ? identity : identity.grant;
  return scope !== null && scope.workflows === null;
}

/** Whether this name may be in a list that the caller gets. Code may know of everything what is no secret. */
export function mayList(identity: Identity, name: string): boolean {
  return identity.kind === "workflow" || isInScope(identity.workflows, name);
}
