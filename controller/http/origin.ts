// The API asks nobody for a name, so it must not answer what a web page on another site makes a person's browser send: neither
// a cross-site request nor one under a foreign name that was made to lead here (DNS rebinding).
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
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
