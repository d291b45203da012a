// Bodies as they came: their bytes, their text, and what the sender said it is. Parsing happens where the shape is known, so that
// every syntax error names its place in the sender's own text.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Document, readDocuments } from "../../model/documents.ts";
import { mediaTypeOf } from "../../model/media-types.ts";
import { readUtf8 } from "../../model/utf8.ts";
import { HttpProblem, invalid } from "./problem.ts";

export type BodyFormat = "json" | "yaml" | "javascript" | "other";
export class RawBody {
  readonly format: BodyFormat;
  /** In lower case and without parameters. */
  readonly contentType: string;
  readonly bytes: Uint8Array;

  constructor(contentType: string, bytes: Uint8Array) {
    this.format = formats[contentType] ?? "other";
    this.contentType = contentType;
    this.bytes = bytes;
  }

  /** Throws HttpProblem 400 when the bytes are no UTF-8. */
  get text(): string {
    const text = readUtf8(this.bytes, "body");
    if (!text.ok) throw invalid(text.problems);
    return text.value;
  }
}

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

/** Makes `request.body` a RawBody for every content type, and for GET, too: a query for events may stand there. */
export function acceptAllBodies(app: FastifyInstance): void {
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: bodyBytesMax }, (request, bytes, done) => {
    done(null, new RawBody(mediaTypeOf(request.headers["content-type"]), bytes as Buffer));
  });
}

const noBody = new RawBody("", new Uint8Array());

/** The body of a request, empty when it has none. */
export function bodyOf(request: FastifyRequest): RawBody {
  return (request.body as RawBody | undefined | null) ?? noBody;
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
