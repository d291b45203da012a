// Answers in YAML, to whoever asks for it.
import type { FastifyReply, FastifyRequest } from "fastify";
import { writeDocuments } from "../../model/documents.ts";

const yamlTypes = ["application/x-yaml", "application/yaml", "text/yaml"];

export function answerInYaml(request: FastifyRequest, reply: FastifyReply): void {
  const wanted = yamlTypeOf(request);
  if (wanted === undefined) return;
  reply.serializer((value: unknown) => {
    reply.header("Content-Type", `${wanted}; charset=utf-8`);
    return writeDocuments(Array.isArray(value) ? value : [value], "yaml");
  });
}

export function wantsYaml(request: FastifyRequest): boolean {
  return yamlTypeOf(request) !== undefined;
}

function yamlTypeOf(request: FastifyRequest): string | undefined {
  const accept = request.headers.accept ?? "";
  return yamlTypes.find((type) => accept.includes(type));
}
