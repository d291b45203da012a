// Who makes a request: a person at the API, or a workflow whose agent forwarded the call over NATS.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";
import { Refused } from "./refused.ts";
import { shownUrl } from "./shown-url.ts";

export type Identity =
  | { readonly kind: "person"; readonly name: string }
  | { readonly kind: "workflow"; readonly name: string };

/** Known to this process alone: whoever sends it is the forwarder in this process. */
const secret = randomBytes(32).toString("base64url");
const secretHeader = "x-drover-forwarded";
const workflowHeader = "x-drover-workflow";

/** Headers with which the forwarder injects a call of a workflow. */
export function forwardedBy(workflow: string): Record<string, string> {
  return { [secretHeader]: secret, [workflowHeader]: encodeURIComponent(workflow) };
}

export function identityOf(request: FastifyRequest): Identity {
  const given = request.headers[secretHeader];
  if (typeof given === "string" && sameBytes(Buffer.from(given), Buffer.from(secret))) {
    return { kind: "workflow", name: decodeURIComponent(String(request.headers[workflowHeader] ?? "")) };
  }
  return { kind: "person", name: "local" };
}

/** In constant time; lengths are compared in bytes, which is what `timingSafeEqual` insists on. */
function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The name that goes into revisions and events. */
export function nameOf(identity: Identity): string {
  return identity.kind === "workflow" ? `workflow:${identity.name}` : identity.name;
}

/** What is about one workflow only, and what it is about is nobody else's business. */
const ownRoutes = new Set(["/api/v1/workflows/:name/logs", "/api/v1/workflows/:name/slots"]);
/** What is about all workflows at once, or about people. */
const peoplesRoutes = new Set([
  "/api/v1/workflows/:name/replay",
  "/api/v1/workflows/:name/replays/:replay",
  "/api/v1/events/:id/explanation",
  "/api/v1/trace/:id",
  "/api/v1/keys",
  "/api/v1/backup",
  "/api/v1/backup/:stream",
  "/metrics",
]);

/**
 * What code of a workflow may ask: it may read the API, but of runs, slots and logs only its own (run-routes.ts shows it no
 * others), and emit events. Decided on the route that was matched, never on the address as it was written. Throws Refused for
 * all else.
 */
export function refuseWhatWorkflowsMayNot(request: FastifyRequest): void {
  const identity = identityOf(request);
  if (identity.kind === "person") return;
  const route = request.routeOptions.url ?? "";
  const { name } = request.params as { name?: string };
  const reads = request.method === "GET" || request.method === "HEAD";
  const emits = request.method === "POST" && route === "/api/v1/events";
  const foreign = peoplesRoutes.has(route) || (ownRoutes.has(route) && name !== identity.name);
  if ((reads || emits) && !foreign) return;
  throw new Refused(
    { reason: "workflow-code", by: nameOf(identity) },
    `code of workflow "${identity.name}" may emit events and read; ${request.method} ${shownUrl(request)} needs a person`,
  );
}

/** A stream has no end, and a forwarded call must have one. Throws HttpProblem 400. */
export function refuseStreamToWorkflow(request: FastifyRequest): void {
  if (identityOf(request).kind === "person") return;
  throw new HttpProblem("invalid", "a stream cannot be followed through an agent; query /api/v1/events instead");
}
