// Tokens, as the controller makes, lists and revokes them.
import type { ControllerApi } from "./controller-api.ts";

export type TokenRequest = {
  readonly name: string;
  readonly role: string;
  readonly workflows?: readonly string[];
  readonly expires?: string;
};
/** `workflows` null: all. */
type TokenView = {
  readonly name: string;
  readonly role: string;
  readonly workflows: readonly string[] | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly by: string;
};

export async function createToken(
  api: ControllerApi,
  asked: TokenRequest,
): Promise<TokenView & { readonly value: string }> {
  const body = { type: "application/json", text: JSON.stringify(asked) };
  return JSON.parse(await api.text({ method: "POST", path: "/tokens", body }));
}

export function tokensOf(api: ControllerApi): Promise<TokenView[]> {
  return api.pages("/tokens", Infinity);
}

/** False when there was none. */
export async function revokeToken(api: ControllerApi, name: string): Promise<boolean> {
  const path = `/tokens/${encodeURIComponent(name)}`;
  return (JSON.parse(await api.text({ method: "DELETE", path })) as { revoked: boolean }).revoked;
}
