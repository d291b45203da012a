// What is needed of secrets and not there.
import { type SecretNeeds } from "../../model/secret-needs.ts";
import type { Secrets } from "./secrets.ts";

/** Which secrets there are, and their keys. */
export type KnownSecrets = Pick<Secrets, "get">;

/** `key` null: the secret itself is not there. `fix`: the command that makes it. */
export type Missing = {
  readonly secret: string;
  readonly key: string | null;
  readonly reason: string;
  readonly fix: string;
};

export function missingIn({ keys, files }: SecretNeeds, known: KnownSecrets): readonly Missing[] {
  const found = new Map<string, Missing>();
  for (const secret of files) {
    if (known.get(secret) !== null) continue;
    const fix = `drover secret set ${secret} KEY=VALUE`;
    found.set(secret, { secret, key: null, reason: `there is no secret ${secret}; ${fix}`, fix });
  }
  for (const { secret, key } of keys) {
    if (Object.hasOwn(known.get(secret)?.values ?? {}, key)) continue;
    const what = known.get(secret) === null ? `there is no secret ${secret}` : `the secret ${secret} has no key ${key}`;
    const fix = `drover secret set ${secret} ${key}=VALUE`;
    found.set(`${secret}/${key}`, { secret, key, reason: `${what}; ${fix}`, fix });
  }
  return [...found.values()];
}
