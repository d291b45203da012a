// References to secrets in environment variables: read, found, replaced.
import { expect, test } from "vitest";
import { environment } from "../../model/environment.ts";
import { referencesIn, resolved } from "../../model/secret-reference.ts";

const values = { github: { TOKEN: "t0ken $&", "tls.crt": "pem" } };

test.each([
  ["${secret://github/TOKEN}", "t0ken $&"],
  ["Bearer ${secret://github/TOKEN}", "Bearer t0ken $&"],
  ["${secret://github/TOKEN}:${secret://github/tls.crt}", "t0ken $&:pem"],
  ["$${secret://github/TOKEN}", "${secret://github/TOKEN}"],
  ["$$${secret://github/TOKEN}", "$${secret://github/TOKEN}"],
  ["${HOME} $1 secret://github/TOKEN", "${HOME} $1 secret://github/TOKEN"],
])("%s becomes %s", (text, expected) => {
  expect(environment({ A: text }, "env").ok).toBe(true);
  expect(resolved({ A: text }, values)).toEqual({ A: expected });
});

test.each([
  "${secret://github}",
  "${secret://github/TOKEN",
  "${secret:///TOKEN}",
  "${secret://a/b/c}",
  "x ${secret://a b/c}",
])("%s is refused, and not shown", (text) => {
  const parsed = environment({ A: `hidden ${text}` }, "env");
  expect(parsed.ok).toBe(false);
  expect(JSON.stringify(parsed)).not.toContain("hidden");
  expect(parsed).toMatchObject({ problems: [{ path: "env.A", fix: expect.stringContaining("${secret://NAME/KEY}") }] });
});

test("references are found once each, and an escaped one is none", () => {
  const texts = ["${secret://a/b} ${secret://a/c}", "${secret://a/b}", "$${secret://x/y}"];
  expect(referencesIn(texts)).toEqual([
    { secret: "a", key: "b" },
    { secret: "a", key: "c" },
  ]);
});

test("a value that is not there is an error that names it", () => {
  expect(() => resolved({ A: "${secret://github/NOPE}" }, values)).toThrow("the secret github has no key NOPE");
});
