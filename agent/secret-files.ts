// Secrets as files: DIR/NAME/KEY, in memory only, to be read by user code and changed by nobody.
//
//   In the agent's image the directory is a tmpfs whose files get user code's group (its set-group-id bit), so that an agent
//   without any right over foreign files need not give them away. Beside a user's own image it is a tmpfs that only the two
//   containers share, and whoever runs there may read. Elsewhere (development) it is made in the memory file system of the host.
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Assignment } from "../bus/assignment.ts";
import type { SecretValues } from "../model/secret-reference.ts";
import type { AgentOptions } from "./options.ts";

const containerDir = "/run/secrets";
const memoryDir = "/dev/shm";

export type SecretFiles = {
  /** Null when there are none. */
  readonly dir: string | null;
  remove(): void;
};

export function writeSecretFiles(
  { work, secretFiles = [] }: Assignment,
  values: SecretValues,
  { userUid, ownsUser }: Pick<AgentOptions, "userUid" | "ownsUser">,
): SecretFiles {
  if (secretFiles.length === 0) return { dir: null, remove: () => {} };
  const dir = ownsUser ? containerDir : mkdtempSync(join(existsSync(memoryDir) ? memoryDir : tmpdir(), "drover-"));
  const remove = (): void => {
    if (!ownsUser) rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", remove);
  const { directory, file } =
    work.kind === "sidecar" ? { directory: 0o755, file: 0o444 } : { directory: 0o750, file: 0o440 };
  if (!ownsUser) {
    chmodSync(dir, directory);
    share(dir);
  }
  for (const name of secretFiles) {
    mkdirSync(join(dir, name), { mode: directory });
    share(join(dir, name));
    for (const [key, value] of Object.entries(values[name] ?? {})) {
      writeFileSync(join(dir, name, key), value, { mode: file });
      share(join(dir, name, key));
    }
  }
  return { dir, remove };

  /** Does what the set-group-id bit has not done already. */
  function share(path: string): void {
    if (work.kind === "sidecar" || userUid === null || statSync(path).gid === userUid) return;
    chownSync(path, 0, userUid);
  }
}
