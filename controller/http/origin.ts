// The API may ask nobody for a name, so it must not answer what a web page on another site makes a person's browser send: neither
// a cross-site request nor one under a foreign name that was made to lead here (DNS rebinding).
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { isBinaryCloudEvent } from "../../model/cloud-event-headers.ts";
import { mediaTypeOf } from "../../model/media-types.ts";
import { HttpProblem } from "./problem.ts";
import { Refused } from "./refused.ts";

/**
 * Throws Refused. Programs send none of these headers but `Host`, and that one with the address they were given. A
 * webhook is called under whatever name a proxy or tunnel has; what keeps a rebound name out there is the key that it asks for.
 */
export function refuseOtherSites(request: FastifyRequest): void {
  const { host = "", origin, "sec-fetch-site": site } = request.headers;
  const name = hostNameOf(host);
  const known = isHook(request) || name === "localhost" || isIP(name) !== 0 || !isLoopback(request.socket.localAddress);
  const foreignOrigin = origin !== undefined && !sameHost(origin, host);
  if (known && !foreignOrigin && site !== "cross-site") return;
  throw new Refused(
    { reason: "cross-site", by: "anyone" },
    "requests from other sites are refused; call the API by its address, not from a web page",
  );
}

/** By RFC 9112, section 3.2: two servers could each believe another one. Throws HttpProblem 400. */
export function refuseTwoHosts({ raw: { rawHeaders } }: FastifyRequest): void {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === "host") hosts += 1;
  if (hosts > 1) throw new HttpProblem("invalid", "Host: expected one, got several");
}

/** The types that a form of any page can send without the browser asking first (WHATWG Fetch, CORS-safelisted). */
const formTypes: ReadonlySet<string> = new Set([
  "text/plain",
  "multipart/form-data",
  "application/x-www-form-urlencoded",
]);

/**
 * A second reason to refuse what a page makes a browser send, should one say nothing about where a request comes from. A CloudEvent in
 * binary mode has headers that no page sends unasked. Throws HttpProblem 415.
 */
export function refuseForms(request: FastifyRequest): void {
  const type = request.method === "POST" ? mediaTypeOf(request.headers["content-type"]) : "";
  if (!formTypes.has(type) || isHook(request) || isBinaryCloudEvent(request.headers)) return;
  throw new HttpProblem(
    "unknown-content-type",
    `Content-Type: expected application/json or application/x-yaml, got "${type}"`,
  );
}

/** Decided on the route that was matched, never on the address as it was written. */
function isHook(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith("/hooks/") === true;
}

/** `[::1]:8080` → `::1`, `localhost:8080` → `localhost`. */
function hostNameOf(host: string): string {
  return host
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}

function sameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** A listener on another address is reached under names that only its network knows. */
function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}
