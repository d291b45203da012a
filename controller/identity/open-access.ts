// Who may call, opened at start: the tokens that there are, and whether a caller needs one.
import type { KV } from "@nats-io/kv";
import { openBucket } from "../artifacts/bucket.ts";
import type { AppendEvent } from "../events/append.ts";
import { type Auth, type AuthOptions, openAuth } from "./auth.ts";
import { type TokenEntry, type Tokens, createTokens } from "./tokens.ts";

export type OpenAccess = { readonly tokens: Tokens; readonly auth: Auth; stop(): void };

type Parts = {
  readonly options: AuthOptions;
  readonly append: AppendEvent;
  readonly now: () => Date;
  readonly onFailure: (error: Error) => void;
};

/** Rejects when callers need a token and there is none (auth.ts). */
export async function openAccess(kv: KV, { options, append, now, onFailure }: Parts): Promise<OpenAccess> {
  const bucket = await openBucket<TokenEntry>(kv, onFailure);
  try {
    const tokens = createTokens(bucket, append, now);
    return { tokens, auth: openAuth(options, tokens), stop: () => bucket.stop() };
  } catch (error) {
    bucket.stop();
    throw error;
  }
}
