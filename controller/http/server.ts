// The HTTP edge: one Fastify instance with all routes, bodies as text, answers in JSON or YAML, and every error as a problem.
import { randomUUID } from "node:crypto";
import fastifySwagger from "@fastify/swagger";
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import { PublishError } from "../../bus/publisher.ts";
import { isServerAway } from "../../bus/server-away.ts";
import { ConditionFailed } from "../artifacts/condition.ts";
import { PackagesProblem } from "../artifacts/named-packages.ts";
import { BatchTooLarge } from "../events/batch.ts";
import { IndexUnavailable } from "../events/index.ts";
import { PageTooLarge } from "../events/page.ts";
import { createLatencies } from "../metrics/latencies.ts";
import { NpmUnavailable } from "../packages/npm-command.ts";
import { artifactRoutes } from "./artifact-routes.ts";
import { backupRoutes } from "./backup-routes.ts";
import { batchRoutes } from "./batch-routes.ts";
import { acceptAllBodies, bodyBytesMax } from "./body.ts";
import { bundleRoutes } from "./bundle-routes.ts";
import { breedTestRoutes } from "./breed-test-routes.ts";
import { doctorRoutes } from "./doctor-routes.ts";
import { refuseAtTheDoor } from "./door.ts";
import { emitRoutes } from "./emit-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { boundConnections } from "./connections.ts";
import { explainRoutes } from "./explain-routes.ts";
import { hookRoutes } from "./hook-routes.ts";
import { identify } from "./identity.ts";
import { indexRoutes } from "./index-routes.ts";
import { infoRoutes } from "./info-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { listenerOptions } from "./listener.ts";
import { logRoutes } from "./log-routes.ts";
import { logStreamRoutes } from "./log-stream-routes.ts";
import { manualRoutes } from "./manual-routes.ts";
import { masterKeyRoutes } from "./master-key-routes.ts";
import { metricsRoutes } from "./metrics-routes.ts";
import { createOpenCalls } from "./open-calls.ts";
import { packageRoutes } from "./package-routes.ts";
import { planRoutes } from "./plan-routes.ts";
import { HttpProblem, type ProblemCode, invalid } from "./problem.ts";
import type { HttpParts } from "./parts.ts";
import { refuseForms, refuseOtherSites, refuseTwoHosts } from "./origin.ts";
import { createRates } from "./rates.ts";
import { createRefusalEvents } from "./refusal-events.ts";
import { Refused } from "./refused.ts";
import { parseQuery } from "./query.ts";
import { replayRoutes } from "./replay-routes.ts";
import { revisionRoutes } from "./revision-routes.ts";
import { runControlRoutes } from "./run-control-routes.ts";
import { runLogRoutes } from "./run-log-routes.ts";
import { runRoutes } from "./run-routes.ts";
import { runSchemas } from "./run-schemas.ts";
import { namedSchemas } from "./schemas.ts";
import { shownUrl } from "./shown-url.ts";
import { secretRoutes } from "./secret-routes.ts";
import { slotRoutes } from "./slot-routes.ts";
import { statusRoutes } from "./status-routes.ts";
import { streamRoutes } from "./stream-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { traceRoutes } from "./trace-routes.ts";
import { trialRoutes } from "./trial-routes.ts";
import { answerInYaml } from "./yaml-answer.ts";

/** Of an id in an address, as it is written there: no less than Node's limit for all headers, so that none is refused for its length. */
const idCharsMax = 16_384;
const unauthorized = 401;
const unavailable = 503;
/** What is away or full now is so for a moment; told to whoever gets a 503. */
const retryAfterSeconds = 1;

export async function createServer(parts: HttpParts, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    ...(listenerOptions(parts.tls, log) as FastifyServerOptions),
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, querystringParser: parseQuery, maxParamLength: idCharsMax },
    rewriteUrl: (request) => withoutNamespace(request.url ?? "/"),
    // An address that cannot be decoded never gets as far as the error handler.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  });
  acceptAllBodies(app);
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  boundConnections(app);
  const rates = createRates(parts.rateLimits);
  const openCalls = createOpenCalls(parts.tokens);
  app.addHook("onClose", async () => openCalls.stop());
  const refusals = createRefusalEvents(parts, log);
  app.addHook("onClose", () => refusals.stop());
  const latencies = createLatencies();
  app.addHook("onResponse", (request, { statusCode: status, elapsedTime: ms }, done) => {
    latencies.observe({ method: request.method, route: request.routeOptions.url, status, ms });
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof Refused) refusals.note(error, request);
    return answerError(error, request, reply);
  });
  app.setNotFoundHandler((request) => {
    throw new HttpProblem("not-found", `nothing is at ${request.method} ${shownUrl(request)}; see /openapi.json`);
  });
  // With `done` and not with promises, which every request would wait for.
  app.addHook("onRequest", (request, reply, done) => {
    refuseTwoHosts(request);
    refuseOtherSites(request);
    refuseForms(request);
    answerInYaml(request, reply);
    const identity = identify(request, parts);
    rates.take(reply, identity);
    refuseAtTheDoor(request, identity);
    openCalls.track(request, reply, identity);
    done();
  });
  for (const schema of [...namedSchemas, ...runSchemas]) app.addSchema(schema);
  await app.register(fastifySwagger, {
    refResolver: { buildLocalReference: ({ $id }) => (typeof $id === "string" ? $id : "unnamed") },
    openapi: {
      openapi: "3.1.0",
      info: { title: "Drover", description: "Container-based workflow agent runtime.", version: parts.version },
    },
  });
  await app.register(async (api) => {
    infoRoutes(api, parts);
    artifactRoutes(api, parts);
    revisionRoutes(api, parts);
    planRoutes(api, parts);
    statusRoutes(api, parts);
    batchRoutes(api, parts);
    emitRoutes(api, parts);
    eventRoutes(api, parts);
    streamRoutes(api, parts);
    logRoutes(api, parts);
    logStreamRoutes(api, parts);
    manualRoutes(api, parts);
    hookRoutes(api, parts, rates);
    keyRoutes(api, parts);
    tokenRoutes(api, parts);
    secretRoutes(api, parts);
    masterKeyRoutes(api, parts);
    runRoutes(api, parts);
    runLogRoutes(api, parts);
    runControlRoutes(api, parts);
    slotRoutes(api, parts);
    traceRoutes(api, parts);
    replayRoutes(api, parts);
    trialRoutes(api, parts);
    breedTestRoutes(api, parts);
    packageRoutes(api, parts);
    explainRoutes(api, parts);
    backupRoutes(api, parts);
    bundleRoutes(api, parts);
    indexRoutes(api, parts);
    doctorRoutes(api, parts);
    metricsRoutes(api, parts, latencies);
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  return app;
}

/** Vamp's client puts a namespace before the path; there is one namespace here. */
function withoutNamespace(url: string): string {
  return url.replace(/^\/[^/?]+(?=\/api\/v1(?:[/?]|$))/, "");
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = asProblem(error, request);
  if (problem.status === unavailable) reply.header("Retry-After", String(retryAfterSeconds));
  if (problem.status === unauthorized && !reply.hasHeader("WWW-Authenticate"))
    reply.header("WWW-Authenticate", 'Bearer realm="drover"');
  return reply
    .code(problem.status)
    .header("Content-Type", "application/problem+json")
    .serializer(JSON.stringify)
    .send(problem.body);
}

function asProblem(error: FastifyError, request: FastifyRequest): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof PublishError)
    return new HttpProblem("unavailable", `the event stream does not take this now: ${error.message}`);
  if (isServerAway(error)) return new HttpProblem("unavailable", `NATS does not answer now: ${error.message}`);
  if (error instanceof BatchTooLarge || error instanceof PageTooLarge)
    return new HttpProblem("too-large", error.message);
  if (error instanceof IndexUnavailable) return new HttpProblem("unavailable", error.message);
  if (error instanceof PackagesProblem) return invalid(error.problems);
  if (error instanceof NpmUnavailable) return new HttpProblem("unavailable", error.message);
  if (error instanceof ConditionFailed) return new HttpProblem("precondition-failed", error.message);
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new HttpProblem("too-large", `the body is larger than ${request.routeOptions.bodyLimit} bytes`);
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new HttpProblem(codeOf(error.statusCode), error.message);
  const id = randomUUID();
  request.log.error(
    { err: error, id, method: request.method, url: shownUrl(request) },
    "a request failed unexpectedly",
  );
  return new HttpProblem("internal", `unexpected error ${id}; the controller's log has the details under this id`);
}

function codeOf(status: number): ProblemCode {
  return status === 404
    ? "not-found"
    : status === 413
      ? "too-large"
      : status === 415
        ? "unknown-content-type"
        : "invalid";
}
