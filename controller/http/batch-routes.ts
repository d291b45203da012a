// Many artifacts of any kind at once: all of them are checked before the first is stored.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ArtifactName, parseArtifactName } from "../../model/artifact.ts";
import type { Problem } from "../../model/problem.ts";
import type { Workflow } from "../../model/workflow.ts";
import { type Applied, checkArtifacts, removeArtifacts, saveArtifacts } from "../artifacts/apply.ts";
import { createDraft } from "../artifacts/draft.ts";
import { planArtifacts } from "../artifacts/plan.ts";
import { notTakenUp } from "../artifacts/taken-up.ts";
import { validatesOnly, wantsNewestPackages } from "./artifact-routes.ts";
import { documentsOf } from "./body.ts";
import { guardOf, refuseDocuments } from "./granting.ts";
import { identityOf, nameOf } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { refuseCondition } from "./precondition.ts";
import { invalid } from "./problem.ts";
import { refuseOtherNames } from "./scope.ts";
import { AppliedSchema, DocumentSchema, refusals } from "./schemas.ts";
import { warningsOf } from "./workflow-warnings.ts";

export function batchRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { artifacts } = parts;
  const consumes = ["application/json", "application/x-yaml"];

  for (const method of ["POST", "PUT"] as const) {
    app.route({
      method,
      url: "/api/v1",
      schema: {
        tags: ["many at once"],
        summary: "Save several documents; with validate_only=true: what would become of each",
        body: DocumentSchema,
        consumes,
        response: { 200: AppliedSchema, ...refusals },
      },
      handler: async (request): Promise<(Applied & { warnings: readonly string[] })[]> => {
        refuseCondition(request);
        const checked = checkArtifacts(documentsOf(request), { kind: null, name: null }, artifacts);
        if (!checked.ok) throw invalid(checked.problems);
        const identity = identityOf(request);
        refuseDocuments(identity, checked.value, artifacts);
        if (validatesOnly(request)) return planArtifacts(checked.value, artifacts);
        const options = { guard: guardOf(identity), newestPackages: wantsNewestPackages(request) };
        const applied = await saveArtifacts(checked.value, artifacts, nameOf(identity), options);
        return notTakenUp(applied, storedWorkflows()).map((one) =>
          Object.assign(one, { warnings: [...one.warnings, ...warningsAbout(one)] }),
        );
      },
    });
  }

  for (const [url, kind] of [
    ["/api/v1", null],
    ["/api/v1/breeds", "breed"],
    ["/api/v1/workflows", "workflow"],
  ] as const) {
    app.delete(
      url,
      {
        schema: {
          tags: ["many at once"],
          summary: "Delete the artifacts that the documents name; with validate_only=true: only list them",
          body: DocumentSchema,
          consumes,
          response: { 200: AppliedSchema, ...refusals },
        },
      },
      async (request) => {
        refuseCondition(request);
        const names = namesIn(request, kind);
        refuseOtherNames(identityOf(request), names);
        if (validatesOnly(request)) {
          const draft = createDraft(artifacts);
          return notTakenUp(draft.remove(names), draft.workflows());
        }
        const removed = await removeArtifacts(names, artifacts, nameOf(identityOf(request)));
        return notTakenUp(removed, storedWorkflows());
      },
    );
  }

  function storedWorkflows(): ReadonlyMap<string, Workflow> {
    return new Map(artifacts.workflows.list().map(({ artifact }) => [artifact.name, artifact]));
  }

  function warningsAbout({ kind, name }: Applied): readonly string[] {
    const entry = kind === "workflow" ? artifacts.workflows.get(name) : null;
    return entry === null ? [] : warningsOf(entry, parts);
  }
}

function namesIn(request: FastifyRequest, kind: ArtifactName["kind"] | null): ArtifactName[] {
  const problems: Problem[] = [];
  const names: ArtifactName[] = [];
  for (const document of documentsOf(request)) {
    const parsed = parseArtifactName(document.value, { at: document.path, kind });
    if (parsed.ok) names.push(parsed.value);
    else problems.push(...parsed.problems);
  }
  if (problems.length > 0) throw invalid(problems);
  return names;
}
