// Puts a backup into an installation on this machine. The controller's code does it, in this process: it is loaded only here.
import { verifiedManifest } from "../backup-folder.ts";
import { Failure } from "../failure.ts";

export async function restore(
  folder: string,
  options: {
    readonly replace: boolean;
    readonly environment: NodeJS.ProcessEnv;
    readonly print: (text: string) => void;
  },
): Promise<void> {
  const { replace, environment, print } = options;
  const manifest = await verifiedManifest(folder);
  const { restoreInstallation } = await import("../../controller/backup/restore.ts");
  const report = (name: string, messages: number, expired: number): void =>
    print(`${name}: ${messages} messages${expired > 0 ? `; ${expired} are older than what is kept` : ""}\n`);
  try {
    const { home } = await restoreInstallation(environment, { folder, manifest, replace }, (one) =>
      report(one.name, one.messages, one.expired),
    );
    print(
      `restored installation ${manifest.installation} of ${manifest.takenAt} into ${home}; start it with: drover up\n`,
    );
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}
