// The part of the command line that is about secrets.
import { type Command, Option } from "commander";
import { deleteKeys, listSecrets, rotate, setKeys } from "./commands/secret.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

const redeploy = [
  "--redeploy",
  "restart the workflows that name it, so that they take the change up now",
  false,
] as const;
const force = ["--force", "also remove what workflows name; they cannot start any more then", false] as const;

export function addSecretCommands(program: Command, work: Work): void {
  const secret = program.command("secret").description("values that workflows get by name, encrypted and never shown");
  secret
    .command("set <name> [pairs...]")
    .description("set keys of a secret, as KEY=VALUE or from a file; its other keys stay")
    .option("-f, --file <path>", "a file of KEY=VALUE lines, JSON or YAML, or - for standard input")
    .option("--replace", "remove its other keys", false)
    .option(...redeploy)
    .option(...force)
    .action((name: string, pairs: string[], { file, ...how }) =>
      work((session) => setKeys(session, name, pairs, { file: file ?? null, ...how })),
    );
  secret
    .command("list")
    .description("names and keys, versions, when and who; never values")
    .addOption(new Option("-o, --output <format>", "how").choices(["table", "json"]).default("table"))
    .action(({ output }) => work((session) => listSecrets(session, output)));
  secret
    .command("delete <name> [keys...]")
    .description("delete a secret, or keys of it")
    .option(...redeploy)
    .option(...force)
    .action((name: string, keys: string[], options) => work((session) => deleteKeys(session, name, keys, options)));
  secret
    .command("rotate-master-key")
    .description("encrypt the key of all secrets with a new master key, in DROVER_HOME of the controller")
    .action(() => work(rotate));
}
