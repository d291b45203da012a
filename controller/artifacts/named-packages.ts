// npm packages that breeds name, locked before anything of a request is stored: what a revision runs with is known from its save on.
//
//   P1. Ranges that did not change keep the versions that they came to, until newer ones are asked for.
//   P2. One that cannot be had refuses the request, and so does a registry that is away: nothing is stored then.
import { isDeepStrictEqual } from "node:util";
import type { Artifact } from "../../model/artifact.ts";
import type { Breed } from "../../model/breed.ts";
import type { NpmRanges } from "../../model/npm.ts";
import type { Problem } from "../../model/problem.ts";
import { type LockedPackages, PackagesRefused } from "../packages/lock.ts";
import type { Artifacts } from "./apply.ts";

/** The newest versions in the ranges, installed. Rejects with PackagesRefused or NpmUnavailable. */
export type LockPackages = (ranges: NpmRanges) => Promise<LockedPackages>;

/** Packages of a request that cannot be had. */
export class PackagesProblem extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super("npm packages cannot be had");
    this.problems = problems;
  }
}

/** Those of every breed, and of every workflow with a breed of its own. Rejects with PackagesProblem or NpmUnavailable. */
export async function lockNamed(
  artifacts: readonly Artifact[],
  stored: Artifacts,
  { newest }: { readonly newest: boolean },
): Promise<ReadonlyMap<Artifact, LockedPackages>> {
  const locked = new Map<Artifact, LockedPackages>();
  const problems: Problem[] = [];
  const locking = artifacts.map(async (artifact) => {
    const breed = ownBreed(artifact);
    if (breed === null) return;
    const standing = newest ? null : standingOf(artifact, stored);
    const packages = await lockBreed(breed, { standing, stored, at: `${artifact.kind}s.${artifact.name}` }).catch(
      (error: unknown) => {
        if (!(error instanceof PackagesProblem)) throw error;
        problems.push(...error.problems);
      },
    );
    if (packages) locked.set(artifact, packages);
  });
  const failed = (await Promise.allSettled(locking)).find((one) => one.status === "rejected");
  if (problems.length > 0) throw new PackagesProblem(problems);
  if (failed) throw failed.reason;
  return locked;
}

export type Standing = { readonly breed: Breed; readonly packages?: LockedPackages | undefined } | null;

/** Null when it names none. `standing`: the same breed as it is stored. */
export async function lockBreed(
  { deployable: { npm } }: Breed,
  { standing, stored, at }: { readonly standing: Standing; readonly stored: Artifacts; readonly at: string },
): Promise<LockedPackages | null> {
  if (npm === undefined || Object.keys(npm).length === 0) return null;
  if (standing?.packages && isDeepStrictEqual(standing.breed.deployable.npm, npm)) return standing.packages;
  const refused = (reasons: readonly string[]): PackagesProblem => {
    const [expected, fix] = ["packages and versions that can be had", "correct the name or the range"];
    return new PackagesProblem(reasons.map((got) => ({ path: `${at}.deployable.npm`, expected, got, fix })));
  };
  if (stored.packages === undefined) throw refused(["no npm packages can be had here"]);
  try {
    return await stored.packages.lock(npm);
  } catch (error) {
    throw error instanceof PackagesRefused ? refused(error.reasons) : error;
  }
}

function ownBreed(artifact: Artifact): Breed | null {
  if (artifact.kind === "breed") return artifact.breed;
  return "reference" in artifact.workflow.breed ? null : artifact.workflow.breed;
}

function standingOf({ kind, name }: Artifact, { breeds, workflows }: Artifacts): Standing {
  if (kind === "workflow") return workflows.get(name)?.deployment ?? null;
  const entry = breeds.get(name);
  return entry && { breed: entry.artifact, packages: entry.packages };
}
