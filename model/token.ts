// A token as somebody asks for it: its name, what it is good for and how long.
import { type Role, roles } from "./grant.ts";
import { fixedDuration } from "./fixed-duration.ts";
import { instant } from "./instant.ts";
import { namePatterns } from "./name-pattern.ts";
import { type Parsed, accepted, refused } from "./problem.ts";
import { type Reader, refine } from "./reader.ts";
import { maybe, record, required } from "./record.ts";
import { oneOf, text } from "./text.ts";

export type TokenRequest = {
  readonly name: string;
  readonly role: Role;
  /** Patterns of the names that it is about; all when it is left out. */
  readonly workflows?: readonly string[];
  /** ISO 8601: a moment, or how long from now. Never when it is left out. */
  readonly expires?: string;
};

export const tokenName: Reader<string> = text({
  expected: "the name of a token: letters, digits, dot, dash and underscore",
  fix: 'write one such as "ci"',
  charsMax: 128,
  pattern: /^[\w.-]+$/,
});

const lifetime = fixedDuration({ min: "PT1S", max: "P3650D" });
export const expiry: Reader<string> = (raw, at) =>
  typeof raw === "string" && /^\d/.test(raw) ? instant(raw, at) : lifetime(raw, at);

export const tokenRequest: Reader<TokenRequest> = refine(
  record<TokenRequest>(
    {
      name: required(tokenName, 'add "name:", such as "name: ci"'),
      role: required(oneOf(...roles), 'add "role:", such as "role: operator"'),
      workflows: maybe(namePatterns),
      expires: maybe(expiry),
    },
    { noun: "a token" },
  ),
  (asked, at): Parsed<TokenRequest> => {
    if (asked.workflows === undefined || asked.role !== "admin") return accepted(asked);
    return refused({
      path: `${at}.workflows`,
      expected: "no workflows for an admin, whose work is the installation as a whole",
      got: asked.workflows.join(", "),
      fix: "leave them out, or choose another role",
    });
  },
);
