import manifest from "../../package.json" with { type: "json" };
import type { Session } from "../session.ts";

export const ownVersion = manifest.version;

export async function version(session: Session): Promise<void> {
  session.print(`drover ${ownVersion}\n`);
  const info = await session.api.info();
  session.print(`controller ${info.version} at ${session.api.url}, runtime ${info.runtime}\n`);
}
