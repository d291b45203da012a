// Where events go that code of a breed under test sends: to that test, and no further.
import type { FastifyRequest } from "fastify";
import { isTestOwner } from "../../bus/subjects.ts";
import type { TestSink } from "../breed-tests/capture.ts";
import { identityOf } from "./identity.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";

/** Null: somebody else sends. Throws HttpProblem 503 when the test is over. */
export function testSinkOf(request: FastifyRequest, { breedTests }: Pick<HttpParts, "breedTests">): TestSink | null {
  const identity = identityOf(request);
  if (identity.kind === "person" || !isTestOwner(identity.name)) return null;
  const sink = breedTests.sinkOf(identity.name, identity.origin?.run ?? null);
  if (sink === null) throw new HttpProblem("unavailable", "the test of this breed is over");
  return sink;
}
