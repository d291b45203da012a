// References to secrets in environment variables: `${secret://NAME/KEY}`, as the whole value or inside a text such as
// `Bearer ${secret://github/TOKEN}`. A dollar in front of it makes it plain text: `$${secret://…}` is read as `${secret://…}`.
// Everything else that has a dollar in it is text as it stands.
import { name } from "./names.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import type { Reader } from "./reader.ts";
import { secretKey } from "./secret.ts";

export type SecretKey = { readonly secret: string; readonly key: string };

/** Values by key, by the name of the secret. */
export type SecretValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A dollar that escapes it, what stands in the braces, and the brace that ends it. */
const pattern = /(\$?)\$\{secret:\/\/([^}]*)(\}?)/g;
const form = "${secret://NAME/KEY}";

/** Refuses a reference that is not complete. The problem never shows the text, which may hold more than references. */
export function withReferences(read: Reader<string>): Reader<string> {
  return (raw, at) => {
    const parsed = read(raw, at);
    return parsed.ok ? checked(parsed.value, at) : parsed;
  };
}

/** In the order in which they stand, each once. */
export function referencesIn(texts: Iterable<string>): readonly SecretKey[] {
  const found = new Map<string, SecretKey>();
  for (const text of texts) {
    for (const [, escape, inside = ""] of text.matchAll(pattern)) {
      const reference = escape === "" ? referenceOf(inside) : null;
      if (reference !== null) found.set(inside, reference);
    }
  }
  return [...found.values()];
}

/** The variables with every reference replaced by its value. Throws when a value is not there. */
export function resolved(
  environment: Readonly<Record<string, string>>,
  values: SecretValues,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).map(([variable, text]) => [variable, resolvedText(text, values)]),
  );
}

function resolvedText(text: string, values: SecretValues): string {
  return text.replaceAll(pattern, (whole: string, escape: string, inside: string) => {
    if (escape !== "") return whole.slice(1);
    const reference = referenceOf(inside);
    if (reference === null) return whole;
    const { secret, key } = reference;
    const byKey = Object.hasOwn(values, secret) ? values[secret] : undefined;
    if (byKey === undefined || !Object.hasOwn(byKey, key)) throw new Error(`the secret ${secret} has no key ${key}`);
    return byKey[key] ?? "";
  });
}

function checked(text: string, at: string): Parsed<string> {
  for (const [, escape, inside = "", end] of text.matchAll(pattern)) {
    if (escape !== "" || (end !== "" && referenceOf(inside) !== null)) continue;
    return refused({
      path: at,
      expected: `${form}: a secret and one of its keys`,
      got: end === "" ? "a reference without its closing brace" : "a reference with another form",
      fix: `write ${form}, or $${form} for a text that only looks like it`,
    });
  }
  return accepted(text);
}

function referenceOf(inside: string): SecretKey | null {
  const [secret = "", key = "", ...more] = inside.split("/");
  const isOne = more.length === 0 && name(secret, "").ok && secretKey(key, "").ok;
  return isOne ? { secret, key } : null;
}
