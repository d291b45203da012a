// Query parameters that an address does not know. A filter that is misspelled and passed over would answer with everything.
import type { FastifyRequest } from "fastify";
import { nearest } from "../../model/nearest.ts";
import { shown } from "../../model/shown.ts";
import { invalid } from "./problem.ts";

/** `known` is a schema's: its names are the parameters. `others` says which one stands for a name of elsewhere. */
type Known = {
  readonly known: Readonly<Record<string, unknown>>;
  readonly others?: Readonly<Record<string, string>>;
};

/** Throws HttpProblem 400 that names every unknown one, with the one that was perhaps meant. */
export function refuseUnknownParameters(request: FastifyRequest, { known, others = {} }: Known): void {
  const names = Object.keys(known);
  const unknown = Object.keys(request.query as object).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const expected = `one of the parameters ${names.join(", ")}`;
  throw invalid(
    unknown.map((path) => {
      const meant = Object.hasOwn(others, path) ? others[path] : nearest(path, names);
      return { path, expected, got: shown(path), fix: meant ? `write ${shown(meant)}` : "leave it out" };
    }),
  );
}
