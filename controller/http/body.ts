// Bodies as they came: their text and what the sender said it is. Parsing happens where the shape is known, so that every
// syntax error names its place in the sender's own text.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Document, readDocuments } from "../../model/documents.ts";
import { HttpProblem, invalid } from "./problem.ts";

export type BodyFormat = "json" | "yaml" | "javascript" | "other";
export type RawBody = { readonly format: BodyFormat; readonly contentType: string; readonly text: string };

export const bodyBytesMax = 1_048_576;

const formats: Readonly<Record<string, BodyFormat>> = {
  "": "json",
  "application/json": "json",
  "text/json": "json",
  "application/x-yaml": "yaml",
  "application/yaml": "yaml",
  "text/yaml": "yaml",
  "text/x-yaml": "yaml",
  "application/javascript": "javascript",
  "text/javascript": "javascript",
};

/** Makes `request.body` a RawBody for every content type. */
export function acceptAllBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string", bodyLimit: bodyBytesMax }, (request, text, done) => {
    const contentType = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
    done(null, { format: formats[contentType] ?? "other", contentType, text: String(text) } satisfies RawBody);
  });
}

/** The body of a request, empty when it has none. */
export function bodyOf(request: FastifyRequest): RawBody {
  return (request.body as RawBody | undefined | null) ?? { format: "json", contentType: "", text: "" };
}

/** The documents of a YAML or JSON body. Throws HttpProblem 415 for another format and 400 for text that does not parse. */
export function documentsOf(request: FastifyRequest): readonly Document[] {
  const body = bodyOf(request);
  if (body.format !== "json" && body.format !== "yaml")
    throw unknownContentType(body, "application/json or application/x-yaml");
  const parsed = readDocuments(body.text, body.format);
  if (!parsed.ok) throw invalid(parsed.problems);
  return parsed.value;
}

function unknownContentType(body: RawBody, expected: string): HttpProblem {
  return new HttpProblem("unknown-content-type", `Content-Type: expected ${expected}, got "${body.contentType}"`);
}
