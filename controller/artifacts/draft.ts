// What saving and deleting would do, one request after the other, with nothing stored: a plan.
//
//   D1. Each request stands on what the ones before it would have stored, as it would when they are applied in this order.
//   D2. What becomes of a document is decided by the same function that decides a save (step.ts).
import type { Artifact, ArtifactName } from "../../model/artifact.ts";
import type { Breed } from "../../model/breed.ts";
import { type Difference, differences, wholeTexts } from "../../model/difference.ts";
import type { DesiredStatus, Workflow } from "../../model/workflow.ts";
import { type Applied, type Artifacts, type KnownBreeds, inRemovingOrder, inSavingOrder } from "./apply.ts";
import { type Stood, type StoodWorkflow, breedStep, resultOf, workflowStep } from "./step.ts";

/** Differences of one plan, as JSON: a plan is read by people, and is one answer. */
const differencesCharsMax = 8_388_608;

/** `diff` null: the plan holds too much already. */
export type Planned = Applied & { readonly diff: readonly Difference[] | null };

export type Draft = {
  /** What the documents of the next request may refer to. */
  readonly known: KnownBreeds;
  save(artifacts: readonly Artifact[]): Planned[];
  /** Names that do not exist are passed over. */
  remove(names: readonly ArtifactName[]): Planned[];
  /** Everything that exists then, as it stands then. */
  readonly breeds: () => ReadonlyMap<string, Breed>;
  readonly workflows: () => ReadonlyMap<string, Workflow>;
};

type Change = { readonly step: Parameters<typeof resultOf>[0]; readonly revision: number; readonly diff: Difference[] };

export function createDraft(stored: Artifacts): Draft {
  const breeds = new Map<string, Stood<Breed>>();
  const workflows = new Map<string, StoodWorkflow>();
  let charsLeft = differencesCharsMax;
  const breed = (name: string): Stood<Breed> | null => breeds.get(name) ?? stored.breeds.standing(name);
  const workflow = (name: string): StoodWorkflow | null => workflows.get(name) ?? stored.workflows.standing(name);

  return {
    known: {
      allowsPrivileged: stored.allowsPrivileged,
      secrets: stored.secrets,
      breeds: {
        get(name) {
          const artifact = breed(name)?.artifact;
          return artifact ? { artifact } : null;
        },
      },
    },
    save: (artifacts) => inSavingOrder(artifacts).map(planned),
    remove: (names) =>
      inRemovingOrder(names).flatMap(({ kind, name }) => {
        const current = kind === "breed" ? breed(name) : workflow(name);
        if (!current?.artifact) return [];
        const revision = current.revision + 1;
        if (kind === "breed") breeds.set(name, { revision, artifact: null });
        else workflows.set(name, { revision, artifact: null, status: "suspended" });
        return [{ kind, name, action: "deleted", revision, redeployed: false, diff: [] } as const];
      }),
    breeds: () => standing(stored.breeds.list(), breeds),
    workflows: () => standing(stored.workflows.list(), workflows),
  };

  function planned(artifact: Artifact): Planned {
    const { kind, name } = artifact;
    const { step, revision, diff } =
      artifact.kind === "breed" ? saveBreed(artifact.breed) : saveWorkflow(artifact.workflow, artifact.status);
    return { kind, name, ...resultOf(step, kind, revision), diff: affordable(diff) };
  }

  function saveBreed(wanted: Breed): Change {
    const current = breed(wanted.name);
    const step = breedStep(current, wanted);
    const revision = current?.revision ?? 0;
    if (step !== "nothing") breeds.set(wanted.name, { revision: revision + 1, artifact: wanted });
    return { step, revision, diff: step === "update" ? differences(current?.artifact, wanted, wholeTexts) : [] };
  }

  function saveWorkflow(wanted: Workflow, asked: DesiredStatus | null): Change {
    const current = workflow(wanted.name);
    const step = workflowStep(current, wanted, asked);
    const revision = current?.revision ?? 0;
    const before = current?.artifact ? current.status : null;
    const status = asked ?? before ?? "running";
    if (step === "status") workflows.set(wanted.name, { revision, artifact: wanted, status });
    else if (step !== "nothing") workflows.set(wanted.name, { revision: revision + 1, artifact: wanted, status });
    return {
      step,
      revision,
      diff: [
        ...(step === "update" ? differences(current?.artifact, wanted, wholeTexts) : []),
        ...(before !== null && before !== status ? [{ path: "status", before, after: status }] : []),
      ],
    };
  }

  function affordable(diff: Difference[]): Difference[] | null {
    charsLeft -= JSON.stringify(diff).length;
    return charsLeft >= 0 || diff.length === 0 ? diff : null;
  }
}

function standing<A extends Breed | Workflow>(
  stored: readonly { readonly artifact: A }[],
  drafted: ReadonlyMap<string, { readonly artifact: A | null }>,
): Map<string, A> {
  const all = new Map(stored.map(({ artifact }) => [artifact.name, artifact]));
  for (const [name, { artifact }] of drafted) {
    if (artifact) all.set(name, artifact);
    else all.delete(name);
  }
  return all;
}
