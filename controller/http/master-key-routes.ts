// The master key: whether it opens the secrets, and its rotation. For people only (access.ts).
import type { FastifyInstance } from "fastify";
import { identityOf, nameOf } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { refusals } from "./schemas.ts";
import { MasterKeySchema, RotatedSchema } from "./secret-schemas.ts";

export function masterKeyRoutes(app: FastifyInstance, { secrets }: HttpParts): void {
  const about = { tags: ["secrets"] };
  const reading = {
    ...about,
    summary: "Whether this controller can open the secrets",
    response: { 200: MasterKeySchema, ...refusals },
  };
  app.get("/api/v1/master-key", { schema: reading }, () => {
    const { vault } = secrets;
    return vault.kind === "open"
      ? { state: vault.kind, id: vault.masterKey, reason: null }
      : { state: vault.kind, id: null, reason: vault.reason };
  });

  const rotation = {
    ...about,
    summary: "Encrypt the key of all secrets with a new master key, which is written to the home of this controller",
    response: { 200: RotatedSchema, ...refusals },
  };
  app.post("/api/v1/master-key/rotate", { schema: rotation }, async (asked) => {
    const rotated = await secrets.rotateMasterKey(nameOf(identityOf(asked)));
    if (rotated.kind === "refused") throw new HttpProblem("conflict", rotated.reason);
    return { before: rotated.before, now: rotated.now };
  });
}
