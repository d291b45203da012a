// The part of the command line that is about the installation as a whole.
import { type Command, Option } from "commander";
import { backup, verifyBackup } from "./commands/backup.ts";
import { loadBundle, saveBundle } from "./commands/bundle.ts";
import { doctor } from "./commands/doctor.ts";
import { indexRebuild, indexStatus } from "./commands/index-state.ts";
import { info } from "./commands/info.ts";
import { restore } from "./commands/restore.ts";
import { uninstall } from "./commands/uninstall.ts";
import { configFile } from "./options.ts";
import type { Host } from "./program.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

export function addInstallationCommands(program: Command, work: Work, host: Pick<Host, "environment">): void {
  program
    .command("info")
    .description("what this installation is, and how full it is")
    .addOption(new Option("-o, --output <format>", "how").choices(["text", "yaml", "json"]).default("text"))
    .action(({ output }) => work((session) => info(session, output)));
  program
    .command("doctor")
    .description("examine the installation and its containers: what is wrong, and how to mend it")
    .option("--json", "the findings as JSON", false)
    .action(({ json }: { json: boolean }) =>
      work((session) => doctor(session, { json, configPath: configFile(host.environment), nowMs: Date.now })),
    );
  addIndex(program.command("index").description("the index that answers questions about events and runs"), work);
  addBundle(
    program.command("bundle").description("breeds and workflows with all they need, for a place without registries"),
    work,
  );
  program
    .command("backup <folder>")
    .description("copy all streams and buckets of a running installation into a new folder")
    .option("--verify", "instead check that the backup in the folder is whole and unchanged", false)
    .action((folder: string, { verify }: { verify: boolean }) =>
      work((session) => (verify ? verifyBackup(session, folder) : backup(session, folder))),
    );
  program
    .command("restore <folder>")
    .description("put a backup into an installation on this machine whose controller is stopped (DROVER_HOME)")
    .option("--replace", "delete what the installation holds: all workflows, events and runs", false)
    .action((folder: string, { replace }: { replace: boolean }) =>
      work(({ print }) => restore(folder, { replace, environment: host.environment, print })),
    );
  program
    .command("uninstall")
    .description("remove the installation on this machine whose controller is stopped (DROVER_HOME), with all it holds")
    .option("--yes", "do it; without this it is only told what would be removed", false)
    .action(({ yes }: { yes: boolean }) =>
      work(({ print }) => uninstall({ yes, environment: host.environment, print })),
    );
}

function addBundle(bundle: Command, work: Work): void {
  const names = (what: string): string => `names of ${what} with commas between them`;
  bundle
    .command("save <file>")
    .description("save breeds and workflows with their images and npm packages into one file; all when none are named")
    .option("--breeds <names>", names("breeds"))
    .option("--workflows <names>", `${names("workflows")}; their breeds come along`)
    .action((file: string, { breeds, workflows }: { breeds?: string; workflows?: string }) =>
      work((session) => saveBundle(session, file, { breeds: breeds ?? null, workflows: workflows ?? null })),
    );
  bundle
    .command("load <file>")
    .description("load images and npm packages from such a file and apply its documents; all or nothing")
    .option("--no-apply", "load images and packages only")
    .action((file: string, { apply }: { apply: boolean }) => work((session) => loadBundle(session, file, { apply })));
}

function addIndex(index: Command, work: Work): void {
  index
    .command("status")
    .description("how much it holds, how far it is behind the stream, and whether it is being built again")
    .addOption(new Option("-o, --output <format>", "how").choices(["text", "yaml", "json"]).default("text"))
    .action(({ output }) => work((session) => indexStatus(session, output)));
  index
    .command("rebuild")
    .description("throw it away and build it again from the stream; nothing is lost, questions wait meanwhile")
    .option("--wait", "show how far it is, until it is done", false)
    .action(({ wait }: { wait: boolean }) => work((session) => indexRebuild(session, { wait })));
}
