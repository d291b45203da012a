// What `drover bundle save` fetches and `drover bundle load` sends. A bundle comes in piece by piece, as no request may take long to
// arrive, and is loaded when all of it is here.
import type { FastifyInstance } from "fastify";
import { BundleRefused, BundlesBusy, NoSuchUpload } from "../bundle/bundle-problem.ts";
import { PackagesRefused } from "../packages/lock.ts";
import { StartError } from "../runtime/runtime.ts";
import { bodyOf } from "./body.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { parameter } from "./query.ts";
import { refusals } from "./schemas.ts";

/** At a megabit a second it is here within the time that a request has. */
const pieceBytesMax = 2_097_152;
const tags = ["bundles"];
const texts = Type.Array(Type.String());

const LoadedSchema = Type.Object({
  images: texts,
  missing: Type.Array(Type.String(), { description: "images of breeds that are not in the bundle" }),
  packages: Type.Integer(),
  applied: Type.Union([Type.Array(Type.Ref("Applied")), Type.Null()]),
});

type Upload = { Params: { bundle: string } };

export function bundleRoutes(app: FastifyInstance, { bundles }: HttpParts): void {
  const saving = {
    tags,
    summary:
      "Breeds and workflows with their images and npm packages, as one tar; X-Drover-Bundle is its manifest (base64url JSON)",
    querystring: Type.Object({
      breeds: Type.Optional(Type.String({ description: "names with commas between them" })),
      workflows: Type.Optional(Type.String({ description: "the same; their breeds come along" })),
    }),
    produces: ["application/x-tar"],
    response: refusals,
  };
  app.get("/api/v1/bundle", { schema: saving }, async (request, reply) => {
    const names = (name: string): string[] | null => {
      const given = parameter(request, name);
      return given === null ? null : given.split(",").filter((one) => one !== "");
    };
    const selection = { breeds: names("breeds"), workflows: names("workflows") };
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const { manifest, chunks } = await answered(bundles.save(selection));
    // Nobody may be there any more to read it.
    if (gone.signal.aborted) chunks.destroy();
    gone.signal.addEventListener("abort", () => chunks.destroy(), { once: true });
    const { images, missing, breeds, workflows, parts } = manifest;
    const shown = { images: images.map(({ reference }) => reference), missing, breeds, workflows, parts: parts.length };
    return reply
      .header("Content-Type", "application/x-tar")
      .header("X-Drover-Bundle", Buffer.from(JSON.stringify(shown)).toString("base64url"))
      .send(chunks);
  });

  const begun = Type.Object({ id: Type.String(), pieceBytesMax: Type.Integer() });
  const beginning = { tags, summary: "Begin to send a bundle", response: { 201: begun, ...refusals } };
  app.post("/api/v1/bundles", { schema: beginning }, async (_request, reply) =>
    reply.code(201).send({ id: await answered(bundles.uploads.begin()), pieceBytesMax }),
  );

  const piece = {
    tags,
    summary: "Send the next piece of a bundle",
    params: Type.Object({ bundle: Type.String() }),
    querystring: Type.Object({ offset: Type.Integer({ description: "where in the file it begins" }) }),
    consumes: ["application/octet-stream"],
    response: { 200: Type.Object({ bytes: Type.Integer() }), ...refusals },
  };
  app.put<Upload>("/api/v1/bundles/:bundle", { schema: piece, bodyLimit: pieceBytesMax }, async (request) => {
    const offset = Number(parameter(request, "offset") ?? "");
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new HttpProblem("invalid", "offset: expected where in the bundle the piece begins, in bytes");
    return { bytes: await answered(bundles.uploads.add(request.params.bundle, offset, bodyOf(request).bytes)) };
  });

  const loading = {
    tags,
    summary:
      "Load the bundle that was sent: its images and packages, then its documents, checked as any others; all or nothing",
    params: Type.Object({ bundle: Type.String() }),
    querystring: Type.Object({
      apply: Type.Optional(Type.Boolean({ default: true, description: "false: images and packages only" })),
    }),
    response: { 200: LoadedSchema, ...refusals },
  };
  app.post<Upload>("/api/v1/bundles/:bundle/load", { schema: loading }, async (request) => {
    const options = { by: nameOf(identityOf(request)), apply: parameter(request, "apply") !== "false" };
    const { manifest, applied } = await answered(bundles.load(request.params.bundle, options));
    const images = manifest.images.map(({ reference }) => reference);
    const packages = manifest.parts.filter(({ name }) => name.startsWith("packages/")).length;
    return { images, missing: manifest.missing, packages, applied };
  });
}

async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BundleRefused) throw invalid(error.problems);
    if (error instanceof BundlesBusy) throw new HttpProblem("conflict", error.message);
    if (error instanceof NoSuchUpload) throw new HttpProblem("not-found", error.message);
    if (error instanceof StartError || error instanceof PackagesRefused)
      throw new HttpProblem("unavailable", error.message);
    throw error;
  }
}
