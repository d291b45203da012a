// What `drover backup` fetches: the streams, one after the other, each as JetStream's own snapshot.
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { backupStreams } from "../backup/backup.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { refusals } from "./schemas.ts";

const BackupSchema = Type.Object({
  version: Type.String(),
  installation: Type.String(),
  handledThrough: Type.Integer({ description: "all events up to this sequence had been turned into runs" }),
  streams: Type.Array(Type.String(), { description: "in the order in which they must be copied" }),
});

export function backupRoutes(app: FastifyInstance, parts: HttpParts): void {
  const begin = { tags: ["backup"], summary: "Begin a backup: what to copy, in which order" };
  app.get("/api/v1/backup", { schema: { ...begin, response: { 200: BackupSchema, ...refusals } } }, async () => ({
    version: parts.version,
    installation: parts.installation,
    ...(await parts.backups.begin()),
  }));

  const schema = {
    tags: ["backup"],
    summary:
      "One stream as JetStream's snapshot; the header X-Drover-Stream has its configuration and state (base64url JSON)",
    params: Type.Object({ stream: Type.String() }),
    produces: ["application/octet-stream"],
    response: refusals,
  };
  app.get<{ Params: { stream: string } }>("/api/v1/backup/:stream", { schema }, async (request, reply) => {
    const { stream } = request.params;
    if (!backupStreams.includes(stream))
      throw new HttpProblem(
        "not-found",
        `there is no stream "${stream}" to copy; there are ${backupStreams.join(", ")}`,
      );
    const copy = await parts.backups.copy(stream);
    if (copy === null)
      throw new HttpProblem("unavailable", "other backups are under way; try again when they are done");
    const { chunks, config, state } = copy;
    return reply
      .header("Content-Type", "application/octet-stream")
      .header("X-Drover-Stream", Buffer.from(JSON.stringify({ config, state })).toString("base64url"))
      .send(Readable.from(chunks, { objectMode: false }));
  });
}
