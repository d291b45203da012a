// The API's description as it is committed: made from the routes, which are registered but never called.
import pino from "pino";
import type { HttpParts } from "../controller/http/parts.ts";
import { createServer } from "../controller/http/server.ts";

/** Stable over releases, so that only a change of the API changes the file. */
const describedVersion = "1";

export async function openApiText(): Promise<string> {
  const parts = {
    version: describedVersion,
    artifacts: { breeds: {}, workflows: {} },
    rateLimits: { tokenPerSecond: null, codePerSecond: null },
    tls: null,
  } as unknown as HttpParts;
  const app = await createServer(parts, pino({ level: "silent" }));
  await app.ready();
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  return text;
}
