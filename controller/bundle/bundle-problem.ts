// What is wrong with a bundle, or with what is asked of one.
import type { Problem } from "../../model/problem.ts";

export class BundleRefused extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, got }) => `${path}: ${got}`).join("; "));
    this.problems = problems;
  }
}

/** Asked for what is not there. */
export class NoSuchUpload extends Error {}

/** Others are at work, or the parts of a bundle come in another order than they were sent. */
export class BundlesBusy extends Error {}

export function damaged(path: string, expected: string, got: string): BundleRefused {
  return new BundleRefused([{ path, expected, got, fix: "take the file as drover bundle save has written it" }]);
}
