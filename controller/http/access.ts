// Who may use which route: one line for each. It is decided on the method and the route that was matched, never on the address as it
// was written. A route that is not listed is for admins; a test fails until it is.
//
//   Three columns: what the caller must be allowed to do; whether a caller whose scope is some workflows may come; whether code of a
//   workflow may, without more permissions than all code has.
import type { FastifyRequest } from "fastify";
import type { Role } from "../../model/grant.ts";

/** What each role may do. */
const rights = {
  viewer: ["read"],
  emitter: ["emit"],
  operator: ["read", "emit", "operate"],
  admin: ["read", "emit", "operate", "administer"],
} as const;
export type Right = "read" | "emit" | "operate" | "administer";

export function mayDo(role: Role | null, right: Right): boolean {
  return role !== null && (rights[role] as readonly Right[]).includes(right);
}

/**
 * `all`: it tells nothing of any workflow. `name`: `:name` must be in scope. `asked`: the route itself shows or takes only what is in
 * scope. `none`: it is about all workflows at once.
 */
type Scoped = "all" | "name" | "asked" | "none";
/** `own`: only where `:name` is the workflow itself. */
type Code = "yes" | "own" | "no";

export type Access =
  | { readonly kind: "public"; readonly code: Code }
  | { readonly kind: "guarded"; readonly right: Right; readonly scoped: Scoped; readonly code: Code };

const unlisted: Access = { kind: "guarded", right: "administer", scoped: "none", code: "no" };

function to(right: Right, scoped: Scoped, code: Code): Access {
  return { kind: "guarded", right, scoped, code };
}
function open(code: Code): Access {
  return { kind: "public", code };
}

export const accessTable: Readonly<Record<string, Access>> = {
  "GET /healthz": open("yes"),
  "GET /readyz": open("yes"),
  "GET /openapi.json": to("read", "all", "yes"),
  // Called by strangers, with keys of their own (hook-routes.ts).
  "POST /hooks/:workflow": open("no"),
  "GET /metrics": to("read", "none", "no"),

  "GET /api/v1/info": to("read", "all", "yes"),
  "GET /api/v1/config": to("read", "all", "yes"),
  "GET /api/v1/gateways": to("read", "all", "yes"),
  "GET /api/v1/deployments": to("read", "all", "yes"),

  "POST /api/v1": to("operate", "asked", "no"),
  "PUT /api/v1": to("operate", "asked", "no"),
  "DELETE /api/v1": to("operate", "asked", "no"),
  "POST /api/v1/plan": to("read", "none", "no"),

  "GET /api/v1/breeds": to("read", "asked", "yes"),
  "POST /api/v1/breeds": to("operate", "asked", "no"),
  "PUT /api/v1/breeds": to("operate", "asked", "no"),
  "DELETE /api/v1/breeds": to("operate", "asked", "no"),
  "GET /api/v1/breeds/:name": to("read", "name", "yes"),
  "POST /api/v1/breeds/:name": to("operate", "name", "no"),
  "PUT /api/v1/breeds/:name": to("operate", "name", "no"),
  "DELETE /api/v1/breeds/:name": to("operate", "name", "no"),
  "GET /api/v1/breeds/:name/revisions": to("read", "name", "yes"),
  "GET /api/v1/breeds/:name/revisions/:revision": to("read", "name", "yes"),
  "GET /api/v1/breeds/:name/packages": to("read", "name", "yes"),
  "POST /api/v1/breeds/:name/rollback": to("operate", "name", "no"),
  "POST /api/v1/breeds/:name/test": to("operate", "none", "no"),

  "GET /api/v1/workflows": to("read", "asked", "yes"),
  "POST /api/v1/workflows": to("operate", "asked", "no"),
  "PUT /api/v1/workflows": to("operate", "asked", "no"),
  "DELETE /api/v1/workflows": to("operate", "asked", "no"),
  "GET /api/v1/workflows/:name": to("read", "name", "yes"),
  "POST /api/v1/workflows/:name": to("operate", "name", "no"),
  "PUT /api/v1/workflows/:name": to("operate", "name", "no"),
  "DELETE /api/v1/workflows/:name": to("operate", "name", "no"),
  "GET /api/v1/workflows/:name/revisions": to("read", "name", "yes"),
  "GET /api/v1/workflows/:name/revisions/:revision": to("read", "name", "yes"),
  "POST /api/v1/workflows/:name/rollback": to("operate", "name", "no"),
  "GET /api/v1/workflows/:name/status": to("read", "name", "yes"),
  "PUT /api/v1/workflows/:name/status": to("operate", "name", "no"),
  "POST /api/v1/workflows/:name/run": to("operate", "name", "no"),
  "GET /api/v1/workflows/:name/logs": to("read", "name", "own"),
  "GET /api/v1/workflows/:name/slots": to("read", "name", "own"),
  "GET /api/v1/workflows/:name/slots/next": to("read", "name", "yes"),
  // These show or give events of any workflow.
  "GET /api/v1/workflows/:name/replay": to("read", "none", "no"),
  "POST /api/v1/workflows/:name/replay": to("operate", "none", "no"),
  "GET /api/v1/workflows/:name/replays/:replay": to("read", "none", "no"),
  "POST /api/v1/workflows/test": to("read", "none", "no"),

  "POST /api/v1/events": to("emit", "asked", "yes"),
  "GET /api/v1/events": to("read", "asked", "yes"),
  "POST /api/v1/events/get": to("read", "asked", "yes"),
  "GET /api/v1/events/stream": to("read", "asked", "yes"),
  "GET /api/v1/events/:id": to("read", "asked", "yes"),
  "GET /api/v1/events/:id/explanation": to("read", "none", "no"),
  "GET /api/v1/trace/:id": to("read", "none", "no"),

  "GET /api/v1/runs": to("read", "asked", "yes"),
  "GET /api/v1/runs/:id": to("read", "asked", "yes"),
  "GET /api/v1/runs/:id/logs": to("read", "asked", "yes"),
  "POST /api/v1/runs/:id/requeue": to("operate", "asked", "no"),
  "POST /api/v1/runs/:id/stop": to("operate", "asked", "no"),
  "GET /api/v1/logs/stream": to("read", "asked", "no"),

  "GET /api/v1/keys": to("administer", "none", "no"),
  "POST /api/v1/keys": to("administer", "none", "no"),
  "DELETE /api/v1/keys/:name": to("administer", "none", "no"),
  "GET /api/v1/tokens": to("administer", "none", "no"),
  "POST /api/v1/tokens": to("administer", "none", "no"),
  "DELETE /api/v1/tokens/:name": to("administer", "none", "no"),
  "GET /api/v1/secrets": to("administer", "none", "no"),
  "GET /api/v1/secrets/:name": to("administer", "none", "no"),
  "PUT /api/v1/secrets/:name": to("administer", "none", "no"),
  "PATCH /api/v1/secrets/:name": to("administer", "none", "no"),
  "DELETE /api/v1/secrets/:name": to("administer", "none", "no"),
  "GET /api/v1/master-key": to("administer", "none", "no"),
  "POST /api/v1/master-key/rotate": to("administer", "none", "no"),
  "GET /api/v1/doctor": to("administer", "none", "no"),
  "GET /api/v1/bundle": to("administer", "none", "no"),
  "POST /api/v1/bundles": to("administer", "none", "no"),
  "PUT /api/v1/bundles/:bundle": to("administer", "none", "no"),
  "POST /api/v1/bundles/:bundle/load": to("administer", "none", "no"),
  "GET /api/v1/backup": to("administer", "none", "no"),
  "GET /api/v1/backup/:stream": to("administer", "none", "no"),
  "GET /api/v1/index": to("read", "all", "no"),
  "POST /api/v1/index/rebuild": to("administer", "none", "no"),
};

/** `HEAD` is read like `GET`. */
export function accessTo(method: string, route: string): Access {
  return accessTable[`${method === "HEAD" ? "GET" : method} ${route}`] ?? unlisted;
}

/** Null: nothing is there, for nobody. */
export function accessOf(request: FastifyRequest): Access | null {
  const route = request.routeOptions.url;
  return route === undefined ? null : accessTo(request.method, route);
}
