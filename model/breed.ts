// A breed: what to run. Field names are those of the API (Vamp's), so a stored breed and the one a person reads are one shape.

/** What a breed runs: a script (its source is the definition) or a container image (its reference is the definition). */
export type Deployable = {
  readonly type: "application/javascript" | "container/docker";
  readonly definition: string;
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
