// `GET /api/v1/doctor`: what is wrong with this installation, and how to mend it. For people.
import type { FastifyInstance } from "fastify";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { refusals } from "./schemas.ts";

const FindingSchema = Type.Object({
  subject: Type.String({ description: "such as `container drover-home-hello-3fa9c1-0`, `home`, `engine`" }),
  state: Type.String({ description: "`ok`, `warning` (weaker or fuller than it should be) or `wrong`" }),
  says: Type.String(),
  fix: Type.String({ description: "what to do about it; empty when there is nothing to do" }),
});

export function doctorRoutes(app: FastifyInstance, { doctor }: HttpParts): void {
  const summary = "Examine the installation and its containers: isolation, keys, addresses, room and clocks";
  app.get(
    "/api/v1/doctor",
    { schema: { tags: ["info"], summary, response: { 200: Type.Array(FindingSchema), ...refusals } } },
    () => doctor.examine(),
  );
}
