// What somebody may do, and about which workflows: a role with a scope. A token has one, and code of a workflow is given one by the
// workflow's `permissions`.
import { matchesPattern, namePatterns, patternCovers } from "./name-pattern.ts";
import { accepted } from "./problem.ts";
import { type Reader, isObject } from "./reader.ts";
import { maybe, record, required } from "./record.ts";
import { oneOf } from "./text.ts";

/** `viewer` reads, `operator` also changes and runs, `admin` does everything; `emitter` stores events and reads nothing. */
export const roles = ["admin", "operator", "viewer", "emitter"] as const;
export type Role = (typeof roles)[number];

/** `workflows`: patterns of the names that it is about; null: all. */
export type Grant = { readonly role: Role; readonly workflows: readonly string[] | null };

/** As it stands in a workflow. Nobody is made an admin by it. */
export type Permissions = { readonly role: "operator" | "viewer"; readonly workflows?: readonly string[] };

const permissionsObject = record<Permissions>(
  {
    role: required(oneOf("operator", "viewer"), 'add "role: operator", or "role: viewer"'),
    workflows: maybe(namePatterns),
  },
  { noun: "permissions" },
);
const permissionsRole = oneOf("operator", "viewer");

/** `operator` alone is `{role: operator}`. */
export const permissions: Reader<Permissions> = (raw, at) => {
  if (isObject(raw)) return permissionsObject(raw, at);
  const role = permissionsRole(raw, at);
  return role.ok ? accepted({ role: role.value }) : role;
};

export function grantedBy({ role, workflows }: Permissions): Grant {
  return { role, workflows: workflows ?? null };
}

export function isInScope(workflows: readonly string[] | null, name: string): boolean {
  return workflows === null || workflows.some((pattern) => matchesPattern(pattern, name));
}

const includes: Readonly<Record<Role, readonly Role[]>> = {
  admin: roles,
  operator: ["operator", "viewer", "emitter"],
  viewer: ["viewer"],
  emitter: ["emitter"],
};

/** Whether whoever has the one may do everything that the other allows. */
export function grantCovers(wide: Grant, narrow: Grant): boolean {
  if (!includes[wide.role].includes(narrow.role)) return false;
  if (wide.workflows === null) return true;
  const { workflows } = wide;
  return narrow.workflows?.every((pattern) => workflows.some((own) => patternCovers(own, pattern))) ?? false;
}
