// The part of the command line that is about changes of artifacts: those to come, and those of the past.
import { type Command, InvalidArgumentError, Option } from "commander";
import { apply } from "./commands/apply.ts";
import { diff } from "./commands/diff.ts";
import { history } from "./commands/history.ts";
import { plan } from "./commands/plan.ts";
import { rollback } from "./commands/rollback.ts";
import { collect } from "./parameters.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

const pruning = "delete breeds and workflows that none of the files names";

export function addChangeCommands(program: Command, work: Work): void {
  addApplying(program, work);
  program
    .command("history <kind> <name>")
    .description("the revisions of a breed or workflow, newest first: when, who, what")
    .addOption(new Option("-o, --output <format>", "how").choices(["table", "yaml", "json"]).default("table"))
    .action((kind: string, name: string, options) => work((session) => history(session, kind, name, options)));
  program
    .command("diff <kind> <name>")
    .description("what differs between two revisions of a breed or workflow; the last change when none is named")
    .argument("[from]", "a revision, such as v3", version)
    .argument("[to]", "a revision; the newest when it is left out", version)
    .option("--json", "as JSON", false)
    .action((kind: string, name: string, from: number | undefined, to: number | undefined, { json }) =>
      work((session) => diff(session, kind, name, { from: from ?? null, to: to ?? null, json })),
    );
  program
    .command("rollback <kind> <name>")
    .description(
      "bring back what a breed or workflow was in an earlier revision, as a new revision; a deleted one, too",
    )
    .argument("<revision>", "such as v3", version)
    .action((kind: string, name: string, revision: number) =>
      work((session) => rollback(session, kind, name, revision)),
    );
}

function addApplying(program: Command, work: Work): void {
  const files = ["-f, --file <path>", "a YAML, JSON or JavaScript file, a directory, or - for standard input"] as const;
  program
    .command("apply")
    .description("create or change what the documents in files say")
    .requiredOption(...files, collect)
    .option("--prune", `${pruning}; nothing when a file is refused`, false)
    .option("--newest-packages", "take up newer npm packages, also where the ranges did not change", false)
    .action(({ file, ...options }: { file: string[]; prune: boolean; newestPackages: boolean }) =>
      work((session) => apply(session, file, options)),
    );
  program
    .command("plan")
    .description("what apply would change; exit code 0: nothing, 1: something, 2: it would be refused")
    .requiredOption(...files, collect)
    .option("--prune", `${pruning}, too`, false)
    .option("--json", "as JSON", false)
    .action(({ file, ...options }) => work((session) => plan(session, file, options)));
}

function version(text: string): number {
  const number = /^v?([1-9]\d{0,14})$/.exec(text)?.[1];
  if (number !== undefined) return Number(number);
  throw new InvalidArgumentError("expected a revision, such as v3.");
}
