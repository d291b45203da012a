// Writes the configuration of a nats-server that trusts Drover's identities, and the keys that mint them, for a server that
// somebody else starts (docker-compose.yml does). Running it again keeps the keys.
//   node scripts/nats-config.ts --dir DIR --listen HOST:PORT --store DIR
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { serverConfig } from "../bus/server-config.ts";
import { createAuthority } from "../controller/identity/authority.ts";
import { loadOrCreateKeys } from "../controller/identity/keys.ts";

const storeBytesMax = 16 * 1_073_741_824;

const { values } = parseArgs({
  options: { dir: { type: "string" }, listen: { type: "string" }, store: { type: "string" } },
});
const { dir, listen, store } = values;
const [host, port] = listen?.split(":") ?? [];
if (!dir || !host || !port || !store) {
  console.error("usage: node scripts/nats-config.ts --dir DIR --listen HOST:PORT --store DIR");
  process.exit(2);
}

mkdirSync(dir, { recursive: true });
const trust = await createAuthority(loadOrCreateKeys(join(dir, "keys.json"))).serverTrust();
writeFileSync(
  join(dir, "server.conf"),
  serverConfig({ host, port: Number(port), storeDir: store, storeBytesMax, trust }),
);
console.log(`wrote ${join(dir, "server.conf")}`);
