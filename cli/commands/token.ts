// Tokens, with which people and programs prove who they are. A value goes to standard output, once, and alone.
import { age, until } from "../age.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { type TokenRequest, createToken as create, revokeToken as revoke, tokensOf } from "../token-api.ts";

export async function createToken(session: Session, asked: TokenRequest): Promise<void> {
  const { value, role, workflows, expiresAt } = await create(session.api, asked);
  const scope = workflows === null ? "" : ` for ${workflows.join(", ")}`;
  const end = expiresAt === null ? "it does not expire" : `it expires ${until(expiresAt, Date.now())}`;
  session.say(`token ${asked.name} (${role}${scope}); ${end}; this is the only time that its value is shown`);
  session.print(`${value}\n`);
}

export async function listTokens(session: Session): Promise<void> {
  const tokens = await tokensOf(session.api);
  if (tokens.length === 0) return session.say("none found");
  const nowMs = Date.now();
  const rows = tokens.map((token) => [
    token.name,
    token.role,
    token.workflows?.join(",") ?? "all",
    age(token.createdAt, nowMs),
    token.by,
    age(token.lastUsedAt, nowMs),
    ending(token.expiresAt, nowMs),
  ]);
  session.print(table(["NAME", "ROLE", "WORKFLOWS", "AGE", "BY", "LAST USED", "EXPIRES"], rows));
}

function ending(expiresAt: string | null, nowMs: number): string {
  if (expiresAt === null) return "never";
  return Date.parse(expiresAt) <= nowMs ? "expired" : until(expiresAt, nowMs);
}

export async function revokeToken(session: Session, name: string): Promise<void> {
  const revoked = await revoke(session.api, name);
  session.print(`token ${name} ${revoked ? "revoked" : "was not there"}\n`);
}
