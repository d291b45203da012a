// Who may call the API at all: on loopback everybody at this machine, elsewhere whoever has a token.
//
//   A1. A controller that asks for tokens does not start while there is none: nobody could call it, and nobody make one.
//   A2. One that asks for none listens on loopback only.
import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { hashOf } from "./credential.ts";
import type { Tokens } from "./tokens.ts";

export type AuthMode = "open" | "tokens";

export type Auth = {
  readonly mode: AuthMode;
  /** Whether it is the value of DROVER_ADMIN_TOKEN, with which the first token can be made. */
  isAdminToken(value: string): boolean;
};

export type AuthOptions = {
  readonly host: string;
  /** Null: what goes with the host. */
  readonly auth: AuthMode | null;
  readonly adminToken: string | null;
};

/** Throws Error that says how to go on. */
export function openAuth({ host, auth, adminToken }: AuthOptions, tokens: Pick<Tokens, "list" | "isGood">): Auth {
  const mode = auth ?? (isLoopback(host) ? "open" : "tokens");
  const hasToken = adminToken !== null || tokens.list().some(({ name }) => tokens.isGood(name));
  if (mode === "tokens" && !hasToken) throw new Error(`${whyTokens(host)} and there is none yet. ${remedy}`);
  const known = adminToken === null ? null : hashOf(adminToken);
  return { mode, isAdminToken: (value) => known !== null && timingSafeEqual(known, hashOf(value)) };
}

const remedy =
  "Either set DROVER_ADMIN_TOKEN to a secret of your own (openssl rand -hex 32), or make a token while only this machine can call: " +
  "DROVER_HOST=127.0.0.1 DROVER_AUTH=open drover up, then drover token create NAME --role admin";

function whyTokens(host: string): string {
  return isLoopback(host)
    ? "DROVER_AUTH=tokens asks every caller for a token"
    : `DROVER_HOST=${host} lets other machines call, which takes a token`;
}

export function isLoopback(host: string): boolean {
  const address = host.toLowerCase();
  if (address === "localhost" || address === "::1") return true;
  return isIP(address) === 4 && address.startsWith("127.");
}
