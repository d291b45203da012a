// Whether the secrets that documents name can be given to them. A workflow is saved only when all of them are there.
import type { Breed } from "../../model/breed.ts";
import type { Problem } from "../../model/problem.ts";
import { fieldPath, knownPath } from "../../model/reader.ts";
import { referencesIn } from "../../model/secret-reference.ts";
import type { Workflow } from "../../model/workflow.ts";
import { type KnownSecrets, missingIn } from "../secrets/missing.ts";

type Environment = Readonly<Record<string, string>>;

export function breedSecretProblems(breed: Breed, known: KnownSecrets, at: string): Problem[] {
  return variableProblems(breed.environment_variables, breed, known, knownPath(at, "environment_variables"));
}

/** `breed`: the one that it will run. `withBreed`: what is wrong with that one's variables is told, too. */
export function workflowSecretProblems(
  workflow: Workflow,
  breed: Breed,
  { secrets: known, withBreed }: { readonly secrets: KnownSecrets; readonly withBreed: boolean },
  at: string,
): Problem[] {
  const { environment_variables: own, secrets = [] } = workflow;
  const inherited = Object.entries(breed.environment_variables).filter(([variable]) => !Object.hasOwn(own, variable));
  return [
    ...variableProblems(own, breed, known, knownPath(at, "environment_variables")),
    ...(withBreed
      ? variableProblems(Object.fromEntries(inherited), breed, known, knownPath(at, "breed.environment_variables"))
      : []),
    ...missingIn({ keys: [], files: secrets }, known).map(({ secret, fix }) => ({
      path: `${knownPath(at, "secrets")}[${secrets.indexOf(secret)}]`,
      expected: "the name of a secret",
      got: `"${secret}", which does not exist`,
      fix,
    })),
  ];
}

function variableProblems(environment: Environment, breed: Breed, known: KnownSecrets, at: string): Problem[] {
  return Object.entries(environment).flatMap(([variable, text]): Problem[] => {
    const keys = referencesIn([text]);
    const path = fieldPath(at, variable);
    if (keys.length > 0 && breed.deployable.type === "container/docker") return [asFile(keys[0]?.secret ?? "", path)];
    return missingIn({ keys, files: [] }, known).map(({ secret, key, fix }) => ({
      path,
      expected: "a secret and a key that exist",
      got: `${secret}/${key}`,
      fix,
    }));
  });
}

/** The variables of a user's own image are the engine's to set, and it shows them to whoever inspects the container. */
function asFile(secret: string, path: string): Problem {
  return {
    path,
    expected: "no secret in a variable of a container image: docker inspect shows it",
    got: "a reference to one",
    fix: `write "secrets: [${secret}]" in the workflow, and read /run/secrets/${secret}/KEY`,
  };
}
