// Tests of breeds: `POST /api/v1/breeds/{name}/test`, answered when the test is over. A caller that goes away ends it.
import type { FastifyInstance, FastifyReply } from "fastify";
import { fixtureEventsMax } from "../../model/fixture.ts";
import { TooManyTests } from "../breed-tests/breed-tests.ts";
import { StartError } from "../runtime/runtime.ts";
import { breedTestOf, timeoutDefault, timeoutMax } from "./breed-test-request.ts";
import { identityOf, nameOf } from "./identity.ts";
import { Type } from "./json-schema.ts";
import type { HttpParts } from "./parts.ts";
import { HttpProblem } from "./problem.ts";
import { EventSchema, NameParameter, refusals } from "./schemas.ts";

const body = Type.Object({
  events: Type.Array(EventSchema, {
    maxItems: fixtureEventsMax,
    description: "as the API shows them; all but tags may be left out. The breed is given them one after the other",
  }),
  breed: Type.Optional(Type.Unknown({ description: "the breed to test instead of the one that is stored" })),
  workflow: Type.Optional(
    Type.Unknown({ description: "the name of a workflow, or one written out: its environment, scale and time limit" }),
  ),
  timeout: Type.Optional(
    Type.String({ description: `ISO 8601, of each run, at most ${timeoutMax}`, default: timeoutDefault }),
  ),
});

const TestedEventSchema = Type.Object({
  event: EventSchema,
  run: Type.String(),
  outcome: Type.Unknown({
    description: "as that of a run; skipped: the test ended before, failed: so did its container, among other things",
  }),
  tookMs: Type.Union([Type.Integer(), Type.Null()]),
  events: Type.Array(EventSchema, { description: "what it emitted, as it would have been stored" }),
  eventsRefused: Type.Integer({ description: "events that were more than a test captures; its code was told 413" }),
  output: Type.Array(
    Type.Object({
      at: Type.String(),
      stream: Type.String({ enum: ["stdout", "stderr"] }),
      text: Type.String(),
      cutBytes: Type.Optional(Type.Integer({ description: "bytes of the line that were too many" })),
    }),
  ),
});

const schema = {
  tags: ["breeds"],
  summary: "Run a breed over events in its real isolation; what it emits is captured and stored nowhere",
  params: NameParameter,
  body,
  consumes: ["application/json", "application/x-yaml"],
  response: {
    200: Type.Object({
      workflow: Type.Union([Type.String(), Type.Null()], {
        description:
          "in which it was tested: the one that was named, or the one inside which a breed of this name is written",
      }),
      tests: Type.Array(TestedEventSchema),
      tookMs: Type.Integer(),
    }),
    ...refusals,
  },
};

export function breedTestRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.post<{ Params: { name: string } }>("/api/v1/breeds/:name/test", { schema }, async (request, reply) => {
    const { test, within } = await breedTestOf(request, request.params.name, parts.artifacts, parts.now());
    const by = nameOf(identityOf(request));
    try {
      const result = await parts.breedTests.run(test, { by, signal: goneSignal(reply) });
      return { workflow: within, ...result };
    } catch (error) {
      throw asProblem(error);
    }
  });
}

function asProblem(error: unknown): unknown {
  if (error instanceof TooManyTests) return new HttpProblem("unavailable", error.message);
  if (error instanceof StartError)
    return new HttpProblem("unavailable", `the container of the test cannot start: ${error.message}`);
  return error;
}

/** Fires when nobody waits for the answer any more. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(new HttpProblem("unavailable", "whoever asked for this has gone away")));
  return gone.signal;
}
