// The controller's home folder: whether anybody else on this host can read the keys in it, and whether there is room.
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, fine, warning, wrong } from "../../model/finding.ts";

const othersMay = 0o077;
const freeBytesLow = 1_073_741_824;
const freeBytesMin = 104_857_600;
/** Names of files that open something; everything else in there is behind the folder's own mode. */
const secretNames = /key|creds|secret|token/i;
const depthMax = 2;

export async function homeFindings(home: string): Promise<Finding[]> {
  const [mode, secrets, room] = await Promise.all([folderMode(home), openSecrets(home, depthMax), freeBytes(home)]);
  return [mode, ...secrets, room];
}

async function folderMode(home: string): Promise<Finding> {
  const { mode, uid } = await stat(home);
  const own = process.getuid?.() ?? uid;
  if (uid !== own) return wrong("home", `${home} belongs to the user ${uid}`, `chown -R ${own} ${home}`);
  return (mode & othersMay) === 0
    ? fine("home", `${home} is closed to others`)
    : wrong("home", `${home} is open to others (mode ${octal(mode)})`, `chmod 700 ${home}`);
}

async function openSecrets(folder: string, depth: number): Promise<Finding[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<Finding[]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return depth > 1 ? openSecrets(path, depth - 1) : [];
      if (!entry.isFile() || !secretNames.test(entry.name)) return [];
      const { mode } = await stat(path);
      if ((mode & othersMay) === 0) return [fine(`file ${entry.name}`, "is its owner's alone")];
      return [wrong(`file ${entry.name}`, `${path} is open to others (mode ${octal(mode)})`, `chmod 600 ${path}`)];
    }),
  );
  return found.flat();
}

async function freeBytes(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(home);
  const bytes = bavail * bsize;
  const says = `${Math.floor(bytes / 1_048_576)} MiB are free at ${home}`;
  const fix = "free some, or lower DROVER_EVENTS_MB, DROVER_RUNS_MB and DROVER_LOGS_MB";
  if (bytes < freeBytesMin) return wrong("disk", says, fix);
  return bytes < freeBytesLow ? warning("disk", says, fix) : fine("disk", says);
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8);
}
