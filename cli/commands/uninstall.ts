// Removes an installation from this machine. The controller's code does it, in this process: it is loaded only here.
import { Failure } from "../failure.ts";

export async function uninstall(options: {
  readonly yes: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly print: (text: string) => void;
}): Promise<void> {
  const { yes, environment, print } = options;
  const { uninstall: remove } = await import("../../controller/uninstall.ts");
  try {
    const { installation, parts } = await remove(environment, { remove: yes });
    print(`${yes ? "removed" : "would remove"} installation ${installation}:\n`);
    for (const part of parts) print(`  ${part}\n`);
    print(
      yes ? "images stay: docker image ls drover-agent\n" : "all its events and keys go with it; to do it: --yes\n",
    );
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}
