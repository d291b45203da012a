// A breed: what to run. Field names are those of the API (Vamp's), so a stored breed and the one a person reads are one shape.
import { argumentList } from "./arguments.ts";
import { deployable } from "./deployable.ts";
import { environment } from "./environment.ts";
import { jsonObject } from "./json-value.ts";
import { textMap } from "./map.ts";
import { name } from "./names.ts";
import type { NpmRanges } from "./npm.ts";
import type { Parsed } from "./problem.ts";
import { type Reader, withinBytes } from "./reader.ts";
import { optional, record, required } from "./record.ts";
import { word } from "./text.ts";

/** A breed is stored beside the workflow that runs it, in one message of at most 1 MiB. */
const breedBytesMax = 614_400;

/** What a breed runs: a script (its source is the definition) or a container image (its reference is the definition). */
export type Deployable = {
  readonly type: "application/javascript" | "container/docker";
  readonly definition: string;
  /** Packages that the script requires. */
  readonly npm?: NpmRanges;
};

export type Breed = {
  readonly kind: "breed";
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly deployable: Deployable;
  readonly ports: Readonly<Record<string, string>>;
  readonly environment_variables: Readonly<Record<string, string>>;
  readonly constants: Readonly<Record<string, string>>;
  readonly arguments: readonly Readonly<Record<string, string>>[];
  readonly dependencies: Readonly<Record<string, unknown>>;
};

const breed: Reader<Breed> = withinBytes(
  record<Breed>(
    {
      kind: optional(
        word(
          new Map([
            ["breed", "breed"],
            ["breeds", "breed"],
          ] as const),
        ),
        "breed",
      ),
      name: required(name, 'add "name:", such as "name: hello"'),
      metadata: optional(jsonObject, {}),
      deployable: required(deployable, 'add "deployable:" with a type and a definition'),
      ports: optional(textMap("ports"), {}),
      environment_variables: optional(environment, {}, { alias: "env" }),
      constants: optional(textMap("constants"), {}),
      arguments: optional(argumentList, []),
      dependencies: optional(jsonObject, {}),
    },
    { noun: "a breed" },
  ),
  breedBytesMax,
);

/** Parses a breed as people write it; what is answered has every field. */
export function parseBreed(raw: unknown, at = "breed"): Parsed<Breed> {
  return breed(raw, at);
}
