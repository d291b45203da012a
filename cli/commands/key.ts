// API keys of webhooks. A value goes to standard output, once, and alone: it can be piped to where it belongs.
import { age } from "../age.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** Workflows that are named, of those that need a deleted key. */
const namedMax = 10;

export async function createKey(session: Session, name: string, replace: boolean): Promise<void> {
  const { value } = await session.api.createKey(name, replace);
  session.say(`key ${name}; this is the only time that its value is shown`);
  session.print(`${value}\n`);
}

export async function listKeys(session: Session): Promise<void> {
  const keys = await session.api.keys();
  if (keys.length === 0) return session.say("none found");
  const rows = keys.map(({ name, createdAt, by }) => [name, age(createdAt, Date.now()), by]);
  session.print(table(["NAME", "AGE", "BY"], rows));
}

export async function deleteKey(session: Session, name: string): Promise<void> {
  const { deleted, workflows } = await session.api.deleteKey(name);
  session.print(`key ${name} ${deleted ? "deleted" : "was not there"}\n`);
  if (workflows.length === 0) return;
  const [named, more] = [workflows.slice(0, namedMax).join(", "), workflows.length - namedMax];
  session.say(
    `nobody can call the webhooks of ${named}${more > 0 ? ` and ${more} more` : ""} until there is a key ${name}`,
  );
}
