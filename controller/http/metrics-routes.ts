// What Prometheus scrapes. For people and their machines only, as it tells of all workflows.
import type { FastifyInstance } from "fastify";
import type { Latencies } from "../metrics/latencies.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { refusals } from "./schemas.ts";

const schema = {
  tags: ["info"],
  summary: "Metrics for Prometheus, in its text format",
  produces: ["text/plain"],
  response: { 200: Type.String(), ...refusals },
};

export function metricsRoutes(app: FastifyInstance, parts: HttpParts, latencies: Latencies): void {
  app.get("/metrics", { schema }, async (_request, reply) => {
    const { contentType, text } = await parts.metrics.scrape([latencies.family()]);
    return reply.header("Content-Type", contentType).header("Cache-Control", "no-store").send(text);
  });
}
