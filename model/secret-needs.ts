// What a workflow gets of the secrets: what its variables refer to, and all keys of those that it wants as files. Nothing else.
import type { Breed } from "./breed.ts";
import { type SecretKey, referencesIn } from "./secret-reference.ts";
import type { Workflow } from "./workflow.ts";

export type SecretNeeds = {
  readonly keys: readonly SecretKey[];
  /** Names of secrets, each key of which is a file. */
  readonly files: readonly string[];
};

type Environment = Pick<Breed, "environment_variables">;

/** The workflow's variables win. */
export function environmentOf(workflow: Environment | null, breed: Environment): Readonly<Record<string, string>> {
  return { ...breed.environment_variables, ...workflow?.environment_variables };
}

export function needsOf(
  workflow: Pick<Workflow, "environment_variables" | "secrets"> | null,
  breed: Environment,
): SecretNeeds {
  return { keys: referencesIn(Object.values(environmentOf(workflow, breed))), files: workflow?.secrets ?? [] };
}

export function needsAny({ keys, files }: SecretNeeds): boolean {
  return keys.length > 0 || files.length > 0;
}

/** Their names, each once. */
export function namesIn({ keys, files }: SecretNeeds): readonly string[] {
  return [...new Set([...keys.map(({ secret }) => secret), ...files])];
}
