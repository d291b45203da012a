// API keys of webhooks. A value goes to standard output, once, and alone: it can be piped to where it belongs.
import { age } from "../age.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

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
  await session.api.deleteKey(name);
  session.print(`key ${name} deleted\n`);
}
