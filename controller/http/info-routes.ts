// What the controller says of itself: Vamp's info and config, and the health probes.
import type { FastifyInstance } from "fastify";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { parameter } from "./query.ts";

export function infoRoutes(app: FastifyInstance, parts: HttpParts): void {
  const anything = { tags: ["info"], response: { 200: Type.Map(Type.Unknown()) } };

  app.get("/api/v1/info", { schema: { ...anything, summary: "Version, runtime, stream and sizes" } }, () =>
    parts.info(),
  );
  app.get(
    "/api/v1/config",
    { schema: { ...anything, summary: "The settings in force (flatten=true: dotted names)" } },
    (request) => {
      const flat = parameter(request, "flatten") === "true";
      return flat ? parts.config() : nested(parts.config());
    },
  );

  // Vamp's published system workflows ask for these two kinds, which Drover has not.
  for (const kind of ["gateways", "deployments"]) {
    app.get(
      `/api/v1/${kind}`,
      {
        schema: {
          tags: ["info"],
          summary: `Always empty: there are no ${kind} here`,
          response: { 200: Type.Array(Type.Unknown()) },
        },
      },
      () => [],
    );
  }

  app.get("/healthz", { schema: { ...anything, summary: "The process answers" } }, () => ({ status: "ok" }));
  const either = { tags: ["info"], response: { 200: anything.response[200], 503: anything.response[200] } };
  app.get(
    "/readyz",
    { schema: { ...either, summary: "Everything that requests need answers" } },
    async (_request, reply) => {
      const checks = await parts.readiness();
      const ready = Object.values(checks).every((reason) => reason === null);
      return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", checks });
    },
  );
}

/** `{"a.b": 1}` → `{a: {b: 1}}`. */
function nested(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [dotted, value] of Object.entries(flat)) {
    const words = dotted.split(".");
    const last = words.pop() ?? dotted;
    let at = root;
    for (const word of words) at = (at[word] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return root;
}
