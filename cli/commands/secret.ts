// Secrets: set, listed and deleted. No value ever comes out again.
import { age } from "../age.ts";
import {
  type SecretChanged,
  type SecretOptions,
  deleteSecret,
  rotateMasterKey,
  secretsOf,
  setSecret,
} from "../secret-api.ts";
import { secretValuesOf } from "../secret-values.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** Workflows that are named, of those that have the old values. */
const namedMax = 10;

type Setting = SecretOptions & { readonly file: string | null; readonly replace: boolean };

export async function setKeys(
  session: Session,
  name: string,
  pairs: readonly string[],
  { file, ...how }: Setting,
): Promise<void> {
  const values = await secretValuesOf(pairs, file);
  report(session, await setSecret(session.api, name, values, how));
}

export async function listSecrets(session: Session, output: "table" | "json"): Promise<void> {
  const secrets = await secretsOf(session.api);
  if (output === "json") return session.print(`${JSON.stringify(secrets, null, 2)}\n`);
  if (secrets.length === 0) return session.say("none found");
  const rows = secrets.map(({ name, version, at, by, keys, workflows }) => [
    name,
    String(version),
    keys.map(({ key }) => key).join(" "),
    workflows.join(" "),
    age(at, Date.now()),
    by,
  ]);
  session.print(table(["NAME", "VERSION", "KEYS", "WORKFLOWS", "AGE", "BY"], rows));
}

/** No keys: all of it. */
export async function deleteKeys(
  session: Session,
  name: string,
  keys: readonly string[],
  options: SecretOptions,
): Promise<void> {
  report(session, await deleteSecret(session.api, name, keys, options));
}

export async function rotate(session: Session): Promise<void> {
  const { before, now } = await rotateMasterKey(session.api);
  session.print(`the master key ${now} took the place of ${before}\n`);
  session.say("keep a copy of the new master.key, apart from backups; a backup made before this needs the one before");
}

function report(session: Session, changed: SecretChanged): void {
  const { name, action, version, set, removed, workflows, redeployed, warnings } = changed;
  const what = [
    ...(set.length > 0 ? [`set ${set.join(", ")}`] : []),
    ...(removed.length > 0 ? [`removed ${removed.join(", ")}`] : []),
  ];
  const versionText = action === "unchanged" ? "" : `, version ${version}`;
  session.print(`secret ${name} ${action}${versionText}${what.length > 0 ? ` (${what.join("; ")})` : ""}\n`);
  for (const workflow of redeployed) session.print(`workflow ${workflow} restarted\n`);
  for (const warning of warnings) session.say(`warning: ${warning}`);
  const behind = action === "unchanged" ? [] : workflows.filter((workflow) => !redeployed.includes(workflow));
  if (behind.length === 0) return;
  const some = behind.slice(0, namedMax).join(" ");
  const more = behind.length > namedMax ? ` and ${behind.length - namedMax} more` : "";
  session.say(`what runs of ${some}${more} has the old values; to take the new ones up: drover restart ${some}`);
}
