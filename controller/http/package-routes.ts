// The npm packages that a breed runs with: what its ranges came to when it was saved.
import type { FastifyInstance } from "fastify";
import { packagesIn } from "../packages/lock.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { NameParameter, refusals } from "./schemas.ts";

const PackagesSchema = Type.Array(
  Type.Object({
    path: Type.String({ description: "below node_modules; one inside of another belongs to it alone" }),
    version: Type.String(),
    integrity: Type.Union([Type.String(), Type.Null()], {
      description: "checksum of its archive; null: it is in that of another",
    }),
  }),
);

export function packageRoutes(app: FastifyInstance, { artifacts }: HttpParts): void {
  const schema = {
    tags: ["breeds"],
    summary:
      "The npm packages of a breed, down to the last dependency; saving it again changes them only with its ranges, or with newest_packages=true",
    params: NameParameter,
    response: { 200: PackagesSchema, ...refusals },
  };
  app.get<{ Params: { name: string } }>("/api/v1/breeds/:name/packages", { schema }, async ({ params: { name } }) => {
    const entry = artifacts.breeds.get(name);
    if (entry === null) throw new HttpProblem("not-found", `there is no breed "${name}"`);
    return entry.packages ? packagesIn(entry.packages) : [];
  });
}
