// `POST /api/v1/plan`: what applying several files would do, each as one request, in this order.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { listOf } from "../../model/list.ts";
import { planBytesMax } from "../../model/plan-limits.ts";
import { accepted } from "../../model/problem.ts";
import { type Reader, mismatch } from "../../model/reader.ts";
import { optional, record, required } from "../../model/record.ts";
import { shown } from "../../model/shown.ts";
import { word } from "../../model/text.ts";
import { type PlanFile, planFiles } from "../artifacts/plan.ts";
import { bodyBytesMax, documentsOf } from "./body.ts";
import { PlanBody, PlanSchema } from "./history-schemas.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem, invalid } from "./problem.ts";
import { refusals } from "./schemas.ts";

/** As many as the command line applies at once. */
const filesMax = 1_000;
const nameCharsMax = 4_096;

const fileName: Reader<string> = (raw, at) =>
  typeof raw === "string" && raw.length <= nameCharsMax
    ? accepted(raw)
    : mismatch(at, raw, { expected: `a text of at most ${nameCharsMax} characters`, fix: "shorten it" });
const text: Reader<string> = (raw, at) =>
  typeof raw === "string" ? accepted(raw) : mismatch(at, raw, { expected: "the text of the file", fix: "quote it" });
const flag: Reader<boolean> = (raw, at) =>
  typeof raw === "boolean" ? accepted(raw) : mismatch(at, raw, { expected: "true or false", fix: `not ${shown(raw)}` });

const contentType = word<PlanFile["type"]>(
  new Map([
    ["application/json", "json"],
    ["application/x-yaml", "yaml"],
  ]),
);

const file = record<PlanFile>(
  {
    name: required(fileName, 'add "name:" with the name of the file'),
    type: required(contentType, 'add "type: application/x-yaml"'),
    text: required(text, 'add "text:" with what is in the file'),
  },
  { noun: "a file" },
);
const plan = record<{ readonly files: readonly PlanFile[]; readonly prune: boolean }>(
  {
    files: required(listOf(file, { noun: "files", itemsMax: filesMax }), 'add "files:" with what would be applied'),
    prune: optional(flag, false),
  },
  { noun: "a plan" },
);

export function planRoutes(app: FastifyInstance, { artifacts }: HttpParts): void {
  const schema = {
    tags: ["many at once"],
    summary: "What applying files would do, one after the other; nothing is stored",
    body: PlanBody,
    response: { 200: PlanSchema, ...refusals },
  };
  app.post("/api/v1/plan", { schema, bodyLimit: planBytesMax }, (request) => {
    const { files, prune } = planOf(request);
    return planFiles(files, { prune, textBytesMax: bodyBytesMax }, artifacts);
  });
}

/** Throws HttpProblem 400. */
function planOf(request: FastifyRequest): { files: readonly PlanFile[]; prune: boolean } {
  const [document, second] = documentsOf(request);
  if (second) throw new HttpProblem("invalid", "body: expected one document {files: …}, got several");
  const parsed = plan(document?.value, "plan");
  if (!parsed.ok) throw invalid(parsed.problems);
  return parsed.value;
}
